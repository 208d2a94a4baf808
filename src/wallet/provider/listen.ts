/** Listening to emitters of others, which may be anything. */

export type Listener = (...args: never[]) => void

/** An emitter as EIP-1193 has them, perhaps. */
interface Emitter {
  on?(event: string, listener: Listener): unknown
}

/** Listens to `event`. False: `emitter` is none, or does not want that. */
export function listen(emitter: object, event: string, listener: Listener): boolean {
  try {
    const { on } = emitter as Emitter
    if (typeof on !== 'function') return false
    on.call(emitter, event, listener)
    return true
  } catch {
    return false // it goes on as one that tells nothing
  }
}
