/** The items of the frontier's list: gaps, spans, stored stretches and the two ends. See `frontier.ts`. */
import type { Ref } from '../trie/node-source.ts'
import type { Path, Position } from '../trie/path.ts'
import type { SequenceWriter } from '../trie/sequence.ts'
import type { Counts } from './disk.ts'
import type { SyncPeer } from './peer.ts'

/** The known size of a storage trie with open gaps. */
export interface TrieProgress {
  /** Bytes verified in the trie. */
  bytes: number
  /** Share of the trie's key space below gaps; set by the estimate. */
  openShare: number
}

/** The links of an item to its neighbours. */
export interface Linked {
  prev: FrontierItem
  next: FrontierItem
  readonly start: Position
}

/** A ref not fetched yet. */
export interface Gap extends Linked {
  readonly kind: 'gap'
  readonly start: Path
  readonly path: Path
  readonly hash: Uint8Array
  /**
   * 1: nodes below may be on disk, in this generation or an older one, and a run would fetch them again. 0: a run of
   * any length.
   */
  maxNodes: number
  /** `own`: covered; the node must be read to know its children. `older`: older generations may have the node. */
  unresolved: 'own' | 'older' | null
  /** The base's node at this path, or the first one below; `null`: none, or not known. */
  readonly old: Ref | null
  /** The base's nodes for the paths of the children, once the disk was asked. */
  olds: readonly Ref[]
  /** The number of requests for this gap, or of disk reads. */
  inFlight: number
  /** Peers that answered with nothing. A peer that reconnects is a new one. */
  attempts: Set<SyncPeer> | null
  /** The storage trie of this gap; `null` in the account trie. */
  readonly trie: TrieProgress | null
}

/** Verified nodes from `start` up to the next item. */
export interface Span extends Linked {
  readonly kind: 'span'
  start: Position
  readonly writer: SequenceWriter
  counts: Counts
  codes: string[]
}

/** A stretch covered by pages. */
export interface Stored extends Linked {
  readonly kind: 'stored'
  start: Position
  end: Position
}

/** The head or the tail of the list. */
export interface Edge extends Linked {
  readonly kind: 'edge'
}

export type FrontierItem = Gap | Span | Stored | Edge
