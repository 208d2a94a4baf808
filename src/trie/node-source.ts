/**
 * The reads of state a peer serves. Implemented by the in-memory store, by the page store of a tab and by the server's
 * database; used by the responder.
 */
import type { Path } from './path.ts'

/** A node that must exist: its parent names the hash, or the node is the root. `hash` is 32 bytes. */
export interface Ref {
  readonly path: Path
  readonly hash: Uint8Array
}

/** A requested node or run. `maxNodes` 0: a run of any length; 1: this node alone. */
export interface NodeRequest extends Ref {
  readonly maxNodes: number
}

/** A requested way: from the ref down along `key`, a full path of 64 or 128 nibbles beginning with the ref's path. */
export interface WayRequest extends Ref {
  readonly key: Path
}

/**
 * The work of one answer, counted for the peer asking. A source splits all work on the thread into pieces of a few
 * milliseconds at most, with pauses between them. So the cost of each answer is known, and other work gets the thread
 * in between.
 */
export interface Work {
  /** Runs `piece` at once, and counts the time taken. Rethrows any error of `piece`. */
  do<T>(piece: () => T): T
  /** Resolves when the next piece may run: usually at once. Rejects when no peer waits for the answer any more. */
  pause(): Promise<void>
}

/** The work of reads for our own use: counts nothing, and waits for no other work. */
export const OWN_WORK: Work = { do: (piece) => piece(), pause: async () => {} }

/**
 * Reads of a state stored as one ordered sequence. No method throws for "don't have it". `work` measures the cost of a
 * read; if left out: {@link OWN_WORK}.
 */
export interface NodeSource {
  /** True if this source can answer for the state under `root` (32 bytes), in full or in part. */
  has(root: Uint8Array): boolean

  /**
   * Returns the run from `ref` on: consecutive nodes of the sequence, concatenated, all within the subtree of the ref
   * (storage tries included). The run ends after `maxNodes` nodes (0: no such limit), with the first node past
   * `maxBytes`, or at the end of the subtree. Empty: don't have it. The caller owns the bytes but must not write to
   * them.
   */
  run(root: Uint8Array, ref: Ref, maxNodes: number, maxBytes: number, work?: Work): Promise<Uint8Array>

  /**
   * Returns the existing nodes from `ref` down along `key` (a full path: 64 nibbles for an account, 128 for a slot),
   * concatenated. The last node proves presence or absence. Empty: don't have it.
   */
  path(root: Uint8Array, ref: Ref, key: Path, work?: Work): Promise<Uint8Array>

  /** Returns the bytecode with this hash (32 bytes), or `undefined`. */
  code(hash: Uint8Array): Promise<Uint8Array | undefined>

  /**
   * Returns the RLP of the block header with this hash (32 bytes), or `undefined`. Left out: the source has no headers.
   */
  header?(hash: Uint8Array): Promise<Uint8Array | undefined>
}
