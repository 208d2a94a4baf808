/** Keeps the events of an engine until a client listens. */
import type { EngineEvent } from './worker/engine.ts'

/** The events of one engine. `target` fires `engine` for each, with the event as `detail`. */
export class EngineEvents {
  readonly target = new EventTarget()
  #early: EngineEvent[] | null = []

  readonly emit = (event: EngineEvent): void => {
    if (this.#early === null) this.#tell(event)
    else this.#early.push(event)
  }

  /** Fires the kept events, and from now on each new event at once. Call after adding the listeners. */
  flow(): void {
    // The iteration includes events added meanwhile.
    for (const event of this.#early ?? []) this.#tell(event)
    this.#early = null
  }

  #tell(event: EngineEvent): void {
    this.target.dispatchEvent(new CustomEvent('engine', { detail: event }))
  }
}
