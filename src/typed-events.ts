/** `EventTarget` with typed events. The types vanish at run time. */

/** An `EventTarget` with the entries of `Events` as its events. */
export interface TypedEventTarget<Events extends object> {
  /** Adds a listener for an event. */
  addEventListener<Name extends keyof Events>(
    type: Name,
    listener: (event: Events[Name]) => void,
    options?: AddEventListenerOptions | boolean,
  ): void
  /** Removes a listener. */
  removeEventListener<Name extends keyof Events>(
    type: Name,
    listener: (event: Events[Name]) => void,
    options?: EventListenerOptions | boolean,
  ): void
  /** Fires an event. Reserved for the owner of the target. */
  dispatchEvent(event: Event): boolean
}

export const TypedEventTarget = EventTarget as unknown as { new <Events extends object>(): TypedEventTarget<Events> }
