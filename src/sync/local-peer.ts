/**
 * Older states on disk, asked like a peer: what a newer root has in common with them is not fetched again. It is the first
 * to be asked for whatever it may hold, and costs no wire. Nothing it says is believed: its runs are checked from their own
 * ref as anybody's are, and an abandoned state, of which a node is there without its children, answers what it has.
 */
import type { NodeSource } from '../trie/node-source.ts'
import type { Path } from '../trie/path.ts'
import { LOCAL_REQUEST_BYTES } from './constants.ts'
import type { Stretch } from './disk.ts'
import type { NodeRequest, SyncPeer } from './peer.ts'
import { Stretches } from './stretches.ts'

/** A state that the disk holds, in full or in part. `root` is 32 bytes. */
export interface OlderState {
  readonly root: Uint8Array
  readonly stretches: readonly Stretch[]
}

/** Never: a disk that does not answer fails by itself. */
const NO_TIMEOUT_MS = 2 ** 31 - 1

export class LocalPeer implements SyncPeer {
  readonly id = 'local'
  readonly bytesPerSecond = 0
  readonly roundTripMs = 0
  readonly #source: NodeSource
  readonly #states: readonly { readonly root: Uint8Array; readonly covered: Stretches }[]

  /** `states` are asked in their order, so the most alike one comes first. */
  constructor(source: NodeSource, states: readonly OlderState[]) {
    this.#source = source
    this.#states = states.map(({ root, stretches }) => ({ root, covered: new Stretches(stretches) }))
  }

  mayHave(): boolean {
    return this.#states.length > 0
  }

  /** True if some state has a node at `path`: whether it is the right one shows when it is asked. */
  mayHold(path: Path): boolean {
    return this.#states.some(({ covered }) => covered.coversPath(path))
  }

  /** True if something at or below `path` may be here, so that a long run from elsewhere would fetch it again. */
  touchesSubtree(path: Path): boolean {
    return this.#states.some(({ covered }) => covered.touchesSubtree(path))
  }

  requestBytes(): number {
    return LOCAL_REQUEST_BYTES
  }

  timeoutMs(): number {
    return NO_TIMEOUT_MS
  }

  async getNodes(
    _root: Uint8Array,
    requests: readonly NodeRequest[],
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<Uint8Array[]> {
    const runs: Uint8Array[] = []
    let left = maxBytes
    for (const request of requests) {
      if (left <= 0) break
      const run = await this.#run(request, left)
      signal.throwIfAborted()
      left -= run.length
      runs.push(run)
    }
    return runs
  }

  async getCode(hashes: readonly Uint8Array[]): Promise<Uint8Array[]> {
    // Codes are stored by hash, once for all states: those that are here are never missing.
    return hashes.map(() => new Uint8Array())
  }

  report(): void {}

  async #run(request: NodeRequest, maxBytes: number): Promise<Uint8Array> {
    for (const { root, covered } of this.#states) {
      if (!covered.coversPath(request.path)) continue
      const run = await this.#source.run(root, request, 0, maxBytes)
      if (run.length > 0) return run
    }
    return new Uint8Array()
  }
}
