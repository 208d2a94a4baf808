/**
 * The disk as the only peer, for a compaction, which syncs from its own disk. Nothing is taken on trust: runs are
 * checked from their own ref, as the runs of any peer. Nodes missing here are missing everywhere.
 */
import type { NodeRequest, NodeSource, WayRequest } from '../trie/node-source.ts'
import { LOCAL_REQUEST_BYTES } from './constants.ts'
import type { SyncPeer, SyncPeers } from './peer.ts'

/** No timeout: a disk without an answer fails by itself. */
const NO_TIMEOUT_MS = 2 ** 31 - 1

export class LocalPeer implements SyncPeer, SyncPeers {
  readonly id = 'local'
  readonly bytesPerSecond = 0
  readonly roundTripMs = 0
  readonly #source: NodeSource

  constructor(source: NodeSource) {
    this.#source = source
  }

  connected(): Iterable<SyncPeer> {
    return [this]
  }

  onChange(): () => void {
    return () => {}
  }

  mayHave(root: Uint8Array): boolean {
    return this.#source.has(root)
  }

  requestBytes(): number {
    return LOCAL_REQUEST_BYTES
  }

  timeoutMs(): number {
    return NO_TIMEOUT_MS
  }

  async getNodes(
    root: Uint8Array,
    requests: readonly NodeRequest[],
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<Uint8Array[]> {
    const runs: Uint8Array[] = []
    let left = maxBytes
    for (const request of requests) {
      if (left <= 0) break
      const run = await this.#source.run(root, request, request.maxNodes, left)
      signal.throwIfAborted()
      left -= run.length
      runs.push(run)
    }
    return runs
  }

  async getPaths(
    root: Uint8Array,
    requests: readonly WayRequest[],
    _: number,
    signal: AbortSignal,
  ): Promise<Uint8Array[]> {
    const ways: Uint8Array[] = []
    for (const request of requests) {
      ways.push(await this.#source.path(root, request, request.key))
      signal.throwIfAborted()
    }
    return ways
  }

  async getCode(hashes: readonly Uint8Array[]): Promise<Uint8Array[]> {
    // Codes are stored by hash, once for all states: a stored code is never missing.
    return hashes.map(() => new Uint8Array())
  }

  async getHeader(hashes: readonly Uint8Array[]): Promise<Uint8Array[]> {
    return hashes.map(() => new Uint8Array())
  }

  report(): void {}
}
