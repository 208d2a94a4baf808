/**
 * The contract of the store, declared by its user, the sync. The store's generations implement this contract (in
 * IndexedDB and in memory). A disk is one generation: the pages written for one target. Nodes shared with older states
 * stay in older generations and are not written again.
 */
import type { Ref } from '../trie/node-source.ts'
import type { Path, Position } from '../trie/path.ts'
import type { Scope } from '../trie/scope.ts'

/** Totals of a set of nodes. `bytes` are node bytes by path; `slots` includes embedded leaves. */
export interface Counts {
  nodes: number
  bytes: number
  accounts: number
  slots: number
}

/**
 * A stretch `[start, end)` of the path order. All nodes of the stretch are in pages, of this generation or of older
 * ones.
 */
export interface Stretch {
  readonly start: Position
  readonly end: Position
}

/**
 * Verified nodes of the stretch `[start, end)`: all of them, except nodes that an older generation provably has.
 * Immutable; `bytes` is a front-coded sequence.
 */
export interface Page extends Stretch {
  readonly bytes: Uint8Array
  readonly counts: Counts
  /** Hashes (hex digits) of the bytecodes named by the accounts of this page. */
  readonly codes: readonly string[]
}

/** A checked bytecode: `hash` (hex digits) is its keccak-256. */
export interface Code {
  readonly hash: string
  readonly bytes: Uint8Array
}

/** The number and the bytes of a set of bytecodes. */
export interface CodeCounts {
  readonly count: number
  readonly bytes: number
}

/** The contents of one generation when a sync begins or goes on. */
export interface Contents {
  /** True if everything under the root is stored: there is nothing to do. */
  readonly complete: boolean
  /** The stretches covered by pages: in path order, neighbours joined. Known from page keys alone. */
  readonly stretches: readonly Stretch[]
  /**
   * Loose nodes of all generations, as sequences in path order. Loose nodes were verified once, cover nothing, and must
   * be hashed again.
   */
  readonly loose: readonly Uint8Array[]
  /** Hashes of the stored bytecodes. */
  readonly codes: ReadonlySet<string>
  /** Hashes of bytecodes named by stored accounts, but not stored. */
  readonly wanted: readonly string[]
  /** Totals over the covering pages. */
  readonly counts: Counts
  /** The number and the bytes of the bytecodes stored for this generation. */
  readonly codeCounts: CodeCounts
  /**
   * The root (32 bytes) of the last complete state, with all of its scope stored. A sync skips the parts that are the
   * same. `null`: no such state.
   */
  readonly base: Uint8Array | null
  /** The wanted part of the state. A sync asks for nothing outside of the scope, and pages cover nothing outside. */
  readonly scope: Scope
  /** The stored part of the base's state. */
  readonly baseScope: Scope
  /** True if generations besides the base's own may have nodes of the target: see {@link Disk.older}. */
  readonly hasOlder: boolean
}

/** The answer of older generations for a ref. */
export type OlderNode =
  /** The node, and provably everything below. */
  | { readonly found: 'whole'; readonly blob: Uint8Array }
  /** The node, and perhaps a part of its subtree. */
  | { readonly found: 'part'; readonly blob: Uint8Array }
  /** Not the node. `isTouched`: an older generation has nodes at or below the path, perhaps also of this subtree. */
  | { readonly found: 'nothing'; readonly isTouched: boolean }

export interface Disk {
  /** Reads the contents anew. {@link node}, {@link older} and {@link baseNode} answer for the contents read last. */
  contents(): Promise<Contents>

  /**
   * Returns the node at `path`, covered by a stretch, after checking its hash (32 bytes). Rejects with `damagedPage` if
   * the node is not there. By then the damage has been dropped and its stretch is no longer covered. The caller begins
   * again from {@link contents}.
   */
  node(path: Path, hash: Uint8Array): Promise<Uint8Array>

  /** Looks for a ref in older generations, except the base's own. Rejects with `damagedPage`, as {@link node}. */
  older(ref: Ref): Promise<OlderNode>

  /** Returns a node of the base. Rejects with `damagedPage`, as {@link node}. */
  baseNode(ref: Ref): Promise<Uint8Array>

  /**
   * Writes pages and codes in chunks, in the order given, one transaction each. A page, its counts and its wanted
   * hashes become durable together or not at all. Rejects with a coded error if a chunk does not fit; the caller keeps
   * everything not written.
   */
  commit(pages: readonly Page[], codes: readonly Code[]): Promise<void>

  /**
   * Forgets wanted codes that only an older target named. All nodes must be stored: each one is read. Returns true if
   * there were such codes. Rejects with `damagedPage`.
   */
  dropStrayCodes(): Promise<boolean>

  /** Replaces the loose pages of this generation by these sequences, in one transaction. */
  keepLoose(sequences: readonly Uint8Array[]): Promise<void>

  /**
   * Marks everything under the root as stored, in the last, strict transaction of a sync. Deletes the loose pages, and
   * moves reads to this root. Rejects with `incomplete` if a wanted code is missing, or if damage was found meanwhile.
   */
  complete(): Promise<void>
}
