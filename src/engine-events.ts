/** What an engine tells, from its first event on: kept until there is a client to hear it. */
import type { EngineEvent } from './worker/engine.ts'

/** `target` tells each as `engine`, with the event as its `detail`. */
export class EngineEvents {
  readonly target = new EventTarget()
  #early: EngineEvent[] | null = []

  readonly emit = (event: EngineEvent): void => {
    if (this.#early === null) this.#tell(event)
    else this.#early.push(event)
  }

  /** From now on somebody listens to the target. */
  flow(): void {
    // A list also iterates over what is added meanwhile.
    for (const event of this.#early ?? []) this.#tell(event)
    this.#early = null
  }

  #tell(event: EngineEvent): void {
    this.target.dispatchEvent(new CustomEvent('engine', { detail: event }))
  }
}
