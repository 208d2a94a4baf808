/**
 * Maps whose changes can be taken back: an undo log. A checkpoint costs nothing, a change one entry, a revert what was changed
 * since its checkpoint; nothing of what was only read is ever copied.
 */

interface Change {
  readonly map: Map<string, unknown>
  readonly key: string
  /** False: the key was not there. */
  readonly had: boolean
  readonly before: unknown
}

export class Journal {
  readonly #changes: Change[] = []
  /** How many changes there were at each open checkpoint, the outermost first. */
  readonly #checkpoints: number[] = []

  /** Sets `key` in `map`, to be undone by a revert. */
  set<T>(map: Map<string, T>, key: string, value: T): void {
    // What is changed outside of all checkpoints stays.
    if (this.#checkpoints.length > 0) this.#changes.push({ map, key, had: map.has(key), before: map.get(key) })
    map.set(key, value)
  }

  checkpoint(): void {
    this.#checkpoints.push(this.#changes.length)
  }

  /** Keeps what was changed since the last checkpoint; an outer one may still take it back. */
  commit(): void {
    this.#checkpoints.pop()
    if (this.#checkpoints.length === 0) this.#changes.length = 0
  }

  /** Takes back what was changed since the last checkpoint. */
  revert(): void {
    const length = this.#checkpoints.pop() ?? 0
    while (this.#changes.length > length) {
      const { map, key, had, before } = this.#changes.pop()!
      if (had) map.set(key, before)
      else map.delete(key)
    }
  }
}
