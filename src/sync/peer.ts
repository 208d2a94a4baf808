/**
 * The contract between the sync loop and a peer. Implemented by the network's peers and by the in-memory peers of the
 * tests. The loop measures, the peer judges itself: {@link SyncPeer.report} feeds its capacity, its score and, after a
 * lie, its ban.
 */
import type { NodeRequest, WayRequest } from '../trie/node-source.ts'
import type { Path } from '../trie/path.ts'

/** The end of a request, reported to the peer asked. */
export type Outcome =
  /**
   * Everything in the answer was checked and true. `elapsedMs` runs from sending to receipt; `null`: the time measures
   * nothing, because we were absent, or because the answer to a read is too small.
   */
  | { readonly kind: 'useful'; readonly bytes: number; readonly elapsedMs: number | null }
  /** The peer answered with nothing: it does not have the requested data. */
  | { readonly kind: 'empty' }
  /** No answer in time to a request of `maxBytes`. */
  | { readonly kind: 'timeout'; readonly maxBytes: number }
  /** Bytes with a wrong hash, or more than requested. */
  | { readonly kind: 'lie'; readonly reason: string }

/** A connected peer. A late answer, after the loop has given up, still resolves: the answer may be useful. */
export interface SyncPeer {
  readonly id: string
  /**
   * Returns false if the peer's Status excludes `root` (32 bytes), or does not cover `path` of this root. True before
   * any Status.
   */
  mayHave(root: Uint8Array, path?: Path): boolean
  /** True for a browser tab. Tabs are asked before servers: servers are for data that no tab has. */
  readonly isTab?: boolean
  /**
   * True if the peer's score is bad: lately, more answers were empty or late than useful. All other peers are asked
   * first. Left out: false.
   */
  readonly isUnreliable?: boolean
  /**
   * False if the peer takes no bulk requests now: the number of open requests is at its limit, or a read waits. Left
   * out: true.
   */
  readonly hasRoom?: boolean
  /**
   * Sends an urgent request: calls `ask`, which sends one request, as soon as the peer takes one more, before all bulk.
   * Settles as `ask` does. Rejects like {@link getNodes} if the turn never comes. Left out: the turn is now.
   */
  askFirst?<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T>
  /** Measured throughput; 0 before the first answer. */
  readonly bytesPerSecond: number
  /** Measured time from a request to the end of its answer, in milliseconds; 0 before the first answer. */
  readonly roundTripMs: number
  /** Returns the bytes to ask for in the next request, from the measured throughput. */
  requestBytes(): number
  /** Returns the timeout for a request of `maxBytes`, in milliseconds. */
  timeoutMs(maxBytes: number): number
  /**
   * Requests one run per request, in order. An empty run: the peer does not have the node. Fewer runs than requests:
   * the byte budget was used up. Rejects with
   *
   * - `disconnected` when the peer leaves,
   * - `aborted` when `signal` aborts,
   * - `protocol` when the answer breaks the protocol's limits (the peer has been blamed already),
   * - `tooManyRequests` when the number of open requests is at the peer's limit.
   */
  getNodes(
    root: Uint8Array,
    requests: readonly NodeRequest[],
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<Uint8Array[]>
  /**
   * Requests the nodes from each ref down along its key: 64 nibbles, or 128 for a slot. Otherwise like
   * {@link getNodes}.
   */
  getPaths(
    root: Uint8Array,
    requests: readonly WayRequest[],
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<Uint8Array[]>
  /**
   * Requests bytecodes, in the order of `hashes`. An empty one: the peer does not have the code. Fewer: the budget was
   * used up.
   */
  getCode(hashes: readonly Uint8Array[], maxBytes: number, signal: AbortSignal): Promise<Uint8Array[]>
  /** Requests the RLP of block headers by their hashes; otherwise like {@link getCode}. */
  getHeader(hashes: readonly Uint8Array[], maxBytes: number, signal: AbortSignal): Promise<Uint8Array[]>
  report(outcome: Outcome): void
}

/** The peers connected now. */
export interface SyncPeers {
  connected(): Iterable<SyncPeer>
  /**
   * Calls `listener` when a peer connects, leaves, changes its Status, or has room again. Returns a function to stop
   * listening.
   */
  onChange(listener: () => void): () => void
}
