/**
 * What the sync loop needs of a peer. The network's peers implement it; so do the in-memory peers of the tests. The loop
 * measures, the peer judges itself: {@link SyncPeer.report} feeds its capacity, its score and, where it lied, its ban.
 */
import type { Ref } from '../trie/node-source.ts'
import type { Path } from '../trie/path.ts'

/** A node that is asked for. `maxNodes` 0: a run of any length; 1: this node alone. */
export interface NodeRequest {
  readonly path: Path
  readonly hash: Uint8Array
  readonly maxNodes: number
}

/** A way that is asked for, from a ref down along `key`: 64 nibbles, or 128 of a slot. */
export interface WayRequest extends Ref {
  readonly key: Path
}

/** How a request ended, told to the peer that it was sent to. */
export type Outcome =
  /** Everything in the answer was checked and true. `elapsedMs` runs from sending to receipt; `null`: we were absent. */
  | { readonly kind: 'useful'; readonly bytes: number; readonly elapsedMs: number | null }
  /** It answered, with nothing: it does not have what was asked for. */
  | { readonly kind: 'empty' }
  /** No answer in time to a request of `maxBytes`. */
  | { readonly kind: 'timeout'; readonly maxBytes: number }
  /** Bytes whose hash is not the one that was asked for, or more than was asked for. */
  | { readonly kind: 'lie'; readonly reason: string }

/** A connected peer. An answer that comes after the loop has given up on it still resolves: it may be of use. */
export interface SyncPeer {
  readonly id: string
  /**
   * False once the peer says in its Status that it does not have `root` (32 bytes), or that what it has of it does not
   * cover `path`; true while it has not said.
   */
  mayHave(root: Uint8Array, path?: Path): boolean
  /** It is somebody's browser tab: asked ahead of servers, which are there for what no tab has. */
  readonly isTab?: boolean
  /** False: no bulk may be asked of it now, because as many requests are open as it allows or a read waits. Left out: it may. */
  readonly hasRoom?: boolean
  /**
   * For what somebody waits for: calls `ask`, which sends one request, as soon as the peer takes one more, ahead of all
   * bulk, and settles as it does. Rejects like {@link getNodes} when there will be no turn. Left out: the turn is now.
   */
  goAhead?<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T>
  /** Measured throughput; 0 before the first answer. */
  readonly bytesPerSecond: number
  /** Measured time from a request to the end of its answer, in milliseconds; 0 before the first answer. */
  readonly roundTripMs: number
  /** Bytes to ask for in the next request, from the measured throughput. */
  requestBytes(): number
  /** How long to wait for the answer to a request of `maxBytes`, in milliseconds. */
  timeoutMs(maxBytes: number): number
  /**
   * A run for each request, in order; fewer runs than requests: the byte budget was used up; an empty run: the peer does
   * not have it. Rejects with `disconnected` when the peer leaves, `aborted` when `signal` does, `protocol` when the
   * answer breaks the protocol's own limits (the peer has been blamed for it already), `tooManyRequests` when as many are
   * open as it allows.
   */
  getNodes(
    root: Uint8Array,
    requests: readonly NodeRequest[],
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<Uint8Array[]>
  /** The nodes from each ref down along its key, 64 nibbles or 128 of a slot, all in the manner of {@link getNodes}. */
  getPaths(
    root: Uint8Array,
    requests: readonly WayRequest[],
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<Uint8Array[]>
  /** Bytecodes in the order of `hashes`; an empty one: the peer does not have it; fewer: the budget was used up. */
  getCode(hashes: readonly Uint8Array[], maxBytes: number, signal: AbortSignal): Promise<Uint8Array[]>
  /** RLP of block headers by their hashes; otherwise like {@link getCode}. */
  getHeader(hashes: readonly Uint8Array[], maxBytes: number, signal: AbortSignal): Promise<Uint8Array[]>
  report(outcome: Outcome): void
}

/** The peers that are connected now. */
export interface SyncPeers {
  connected(): Iterable<SyncPeer>
  /** Calls `listener` whenever a peer has come, gone, changed its Status, or has room again. Returns the way to stop that. */
  onChange(listener: () => void): () => void
}
