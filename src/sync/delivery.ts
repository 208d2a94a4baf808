/** A delivered run on its way through the scheduler. */
import type { Ref } from '../trie/node-source.ts'
import type { Lie } from './run-filler.ts'

/** A run on its way through `Scheduler.process`, in one go or in slices. */
export interface Delivery {
  /** Consecutive nodes, concatenated. */
  readonly run: Uint8Array
  /** The number of bytes used. */
  at: number
  /** Refs that the rest of the run must match, the next one last. */
  readonly expected: Ref[]
  /** Nodes that filled gaps, and true nodes known already. */
  useful: number
  wasted: number
  /** The reason why the rest of the run was refused. */
  lie: Lie | null
}

/** Returns the delivery of a run for `ref`, with no byte used. */
export function deliveryOf(ref: Ref, run: Uint8Array): Delivery {
  return { run, at: 0, expected: [{ path: ref.path, hash: ref.hash }], useful: 0, wasted: 0, lie: null }
}
