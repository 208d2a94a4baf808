/**
 * An undo log for changes of maps. A checkpoint costs nothing, and a change costs one entry. A revert costs the changes
 * since its checkpoint. Values only read are never copied.
 */

interface Change {
  readonly map: Map<string, unknown>
  readonly key: string
  /** False if the map did not contain the key. */
  readonly had: boolean
  readonly before: unknown
}

export class Journal {
  readonly #changes: Change[] = []
  /** The number of changes at each open checkpoint, the outermost first. */
  readonly #checkpoints: number[] = []

  /** Sets `key` in `map`. A revert undoes the change. */
  set<T>(map: Map<string, T>, key: string, value: T): void {
    // A change outside of all checkpoints cannot be reverted.
    if (this.#checkpoints.length > 0) this.#changes.push({ map, key, had: map.has(key), before: map.get(key) })
    map.set(key, value)
  }

  checkpoint(): void {
    this.#checkpoints.push(this.#changes.length)
  }

  /** Closes the last checkpoint and keeps its changes. An outer checkpoint may still revert the changes. */
  commit(): void {
    this.#checkpoints.pop()
    if (this.#checkpoints.length === 0) this.#changes.length = 0
  }

  /** Undoes the changes since the last checkpoint, and closes the checkpoint. */
  revert(): void {
    const length = this.#checkpoints.pop() ?? 0
    while (this.#changes.length > length) {
      const { map, key, had, before } = this.#changes.pop()!
      if (had) map.set(key, before)
      else map.delete(key)
    }
  }
}
