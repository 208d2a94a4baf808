/**
 * A cheaper stand-in for geth's priority queue in a sync: hashes by depth, the deepest first. A stack for each depth is
 * enough.
 */
export class DepthQueue {
  readonly #stacks: string[][] = []

  add(hash: string, depth: number): void {
    while (this.#stacks.length <= depth) this.#stacks.push([])
    this.#stacks[depth]!.push(hash)
  }

  /** Takes up to `limit`, the deepest first. */
  take(limit: number): string[] {
    const taken: string[] = []
    for (let depth = this.#stacks.length - 1; depth >= 0 && taken.length < limit; depth--) {
      const stack = this.#stacks[depth]!
      while (stack.length > 0 && taken.length < limit) taken.push(stack.pop()!)
    }
    return taken
  }
}
