/**
 * What the sync needs of the store: the contract, declared by the side that uses it. The store's generations implement it
 * (IndexedDB and in memory); everything here is one generation's, the pages written for one target. What the target has in
 * common with older states stands in older generations, and is not written again.
 */
import type { Ref } from '../trie/node-source.ts'
import type { Path, Position } from '../trie/path.ts'
import type { Scope } from '../trie/scope.ts'

/** What a set of nodes amounts to. `bytes` are node bytes by path; `slots` counts leaves that are embedded, too. */
export interface Counts {
  nodes: number
  bytes: number
  accounts: number
  slots: number
}

/** A stretch `[start, end)` of the path order, all of whose nodes are in pages, of this generation or of older ones. */
export interface Stretch {
  readonly start: Position
  readonly end: Position
}

/**
 * Verified nodes of the stretch `[start, end)`: all of them that no older generation provably has. Immutable; `bytes` is a
 * front-coded sequence.
 */
export interface Page extends Stretch {
  readonly bytes: Uint8Array
  readonly counts: Counts
  /** Hashes (hex digits) of the bytecodes that the accounts of this page name. */
  readonly codes: readonly string[]
}

/** Bytecode that was checked: `hash` (hex digits) is its keccak-256. */
export interface Code {
  readonly hash: string
  readonly bytes: Uint8Array
}

/** What one generation holds when a sync begins, or goes on. */
export interface Contents {
  /** True if everything under the root is stored: there is nothing to do. */
  readonly complete: boolean
  /** What the covering pages cover: in path order, neighbours joined. Known from page keys alone. */
  readonly stretches: readonly Stretch[]
  /**
   * Loose nodes, as sequences in path order, also those of other generations: verified once, covering nothing, and not
   * trusted again until hashed.
   */
  readonly loose: readonly Uint8Array[]
  /** Hashes of the bytecodes that are stored. */
  readonly codes: ReadonlySet<string>
  /** Hashes of the bytecodes that stored accounts name and that are not stored. */
  readonly wanted: readonly string[]
  /** Totals over the covering pages. */
  readonly counts: Counts
  /** Bytecodes stored for this generation: how many, and their bytes. */
  readonly codeCounts: { readonly count: number; readonly bytes: number }
  /** Root of the last complete state, all of whose scope is stored (32 bytes): what is the same in it is skipped. `null`: none. */
  readonly base: Uint8Array | null
  /** Which part of the state is wanted. Nothing outside of it is asked for, nor covered by what pages say. */
  readonly scope: Scope
  /** Which part of its state the base has. */
  readonly baseScope: Scope
  /** True if other generations than the base's own may have nodes of the target: see {@link Disk.older}. */
  readonly hasOlder: boolean
}

/** What older generations have of a ref. */
export type OlderNode =
  /** The node, and provably everything below it. */
  | { readonly found: 'whole'; readonly blob: Uint8Array }
  /** The node, and perhaps some of what is below it. */
  | { readonly found: 'part'; readonly blob: Uint8Array }
  /** Not the node; `isTouched`: something at or below its path, which may belong to it. */
  | { readonly found: 'nothing'; readonly isTouched: boolean }

export interface Disk {
  /** Told anew at each call; what {@link node}, {@link older} and {@link baseNode} answer goes with what was told last. */
  contents(): Promise<Contents>

  /**
   * The node at `path` with this hash (32 bytes), which the stretches cover, its hash checked. Rejects with `damagedPage`
   * if it is not there: the damage has been dropped then, its stretch is no longer covered, and the caller begins again
   * from {@link contents}.
   */
  node(path: Path, hash: Uint8Array): Promise<Uint8Array>

  /** Looks for a ref in older generations, those that are not the base's own. Rejects with `damagedPage`, as {@link node}. */
  older(ref: Ref): Promise<OlderNode>

  /** A node of the base. Rejects with `damagedPage`, as {@link node}. */
  baseNode(ref: Ref): Promise<Uint8Array>

  /**
   * Writes pages and codes in chunks, each one transaction: a page, its counts and the hashes that it wants are durable
   * together or not at all, in the order given. Rejects with a coded error if a chunk does not fit; what was given and
   * not written is the caller's to keep.
   */
  commit(pages: readonly Page[], codes: readonly Code[]): Promise<void>

  /**
   * Forgets wanted codes that no account of the target names: they were wanted for an older one. All nodes must be stored,
   * and are read. True: there were such codes. Rejects with `damagedPage`.
   */
  dropStrayCodes(): Promise<boolean>

  /** Replaces the loose pages of this generation by these sequences, in one transaction. */
  keepLoose(sequences: readonly Uint8Array[]): Promise<void>

  /**
   * The last, strict transaction of a sync: everything under the root is stored; the loose pages go, and reads move to
   * this root. Rejects with `incomplete` if a wanted code is missing, or if something turned out to be damaged meanwhile.
   */
  complete(): Promise<void>
}
