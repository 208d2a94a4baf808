/**
 * What a peer needs in order to serve state. Implemented by the in-memory store, by the page store of a tab and by the
 * server's database; used by the responder.
 */
import type { Path } from './path.ts'

/** A node that must exist, because its parent (or the root) says so. `hash` is 32 bytes. */
export interface Ref {
  readonly path: Path
  readonly hash: Uint8Array
}

/**
 * The work that one answer makes, as its reader sees it. A source does what takes the thread in pieces of a few milliseconds
 * at most, and pauses between them: then what it costs is known, and others have the thread in between.
 */
export interface Work {
  /** Does `piece` at once, and counts the time that it takes. Rethrows what it throws. */
  do<T>(piece: () => T): T
  /** Resolves when the next piece may be done: at once, as a rule. Rejects when nobody waits for the answer any more. */
  pause(): Promise<void>
}

/** For whoever reads for itself: nothing is counted, and nobody else is waited for. */
export const OWN_WORK: Work = { do: (piece) => piece(), pause: async () => {} }

/**
 * Reads of a state that is stored as one ordered sequence. Nothing here throws for "don't have it". `work` is told what the
 * read costs; left out: {@link OWN_WORK}.
 */
export interface NodeSource {
  /** True if this source can answer for the state under `root` (32 bytes), in full or in part. */
  has(root: Uint8Array): boolean

  /**
   * The run that begins at `ref`: consecutive nodes of the sequence, concatenated, never leaving the ref's subtree (its
   * storage tries included). It ends after `maxNodes` nodes (0: no such limit), or with the node that passes `maxBytes`,
   * or at the end of the subtree. Empty: don't have it. The caller owns the bytes and does not write to them.
   */
  run(root: Uint8Array, ref: Ref, maxNodes: number, maxBytes: number, work?: Work): Promise<Uint8Array>

  /**
   * The nodes from `ref` down along `key` (a full path: 64 nibbles for an account, 128 for a slot), concatenated, as far
   * as they exist: the last one proves presence or absence. Empty: don't have it.
   */
  path(root: Uint8Array, ref: Ref, key: Path, work?: Work): Promise<Uint8Array>

  /** The bytecode with this hash (32 bytes), or `undefined`. */
  code(hash: Uint8Array): Promise<Uint8Array | undefined>

  /** The RLP of the block header with this hash (32 bytes), or `undefined`. Left out: it has none. */
  header?(hash: Uint8Array): Promise<Uint8Array | undefined>
}
