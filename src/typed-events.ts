/** `EventTarget` with the types of its events: nothing of it is left at run time. */

/** An `EventTarget` whose events are the entries of `Events`. */
export interface TypedEventTarget<Events extends object> {
  addEventListener<Name extends keyof Events>(
    type: Name,
    listener: (event: Events[Name]) => void,
    options?: AddEventListenerOptions | boolean,
  ): void
  removeEventListener<Name extends keyof Events>(
    type: Name,
    listener: (event: Events[Name]) => void,
    options?: EventListenerOptions | boolean,
  ): void
  dispatchEvent(event: Event): boolean
}

export const TypedEventTarget = EventTarget as unknown as { new <Events extends object>(): TypedEventTarget<Events> }
