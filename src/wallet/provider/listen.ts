/** Listening to foreign emitters, which may be anything. */

export type Listener = (...args: never[]) => void

/** A possible emitter in the form of EIP-1193. */
interface Emitter {
  on?(event: string, listener: Listener): unknown
}

/** Listens to `event`. Returns false if `emitter` is no emitter, or throws. */
export function listen(emitter: object, event: string, listener: Listener): boolean {
  try {
    const { on } = emitter as Emitter
    if (typeof on !== 'function') return false
    on.call(emitter, event, listener)
    return true
  } catch {
    return false // treated as an emitter without events
  }
}
