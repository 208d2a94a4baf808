/**
 * Peers in memory, by vice. A peer answers at once, or when the test lets the vice resolve. Peers never judge
 * themselves.
 */

import { RootlightError } from '../runtime/error.ts'
import type { Outcome, SyncPeer, SyncPeers } from '../sync/peer.ts'
import type { NodeRequest, WayRequest } from '../trie/node-source.ts'
import { KEY_NIBBLES, type Path } from '../trie/path.ts'
import { runAt } from './oracle.ts'

/** The data of an honest peer. Codes and headers by hash, hex digits. */
export interface PeerState {
  readonly sequence: readonly (readonly [Path, Uint8Array])[]
  readonly codes: ReadonlyMap<string, Uint8Array>
  readonly headers?: ReadonlyMap<string, Uint8Array>
}

export type Vice = (honest: Uint8Array[], requestNumber: number) => Uint8Array[] | Promise<Uint8Array[]>

/**
 * A peer with the whole state, and a vice bending the answers. Keeps every report. Leaves after the report of a lie or
 * of a timeout.
 */
export class TestPeer implements SyncPeer {
  readonly id: string
  readonly reports: Outcome[] = []
  /** Every request, as received. */
  readonly asked: (readonly NodeRequest[] | readonly WayRequest[] | readonly Uint8Array[])[] = []
  bytes = 4096
  bytesPerSecond = 0
  roundTripMs = 0
  has = true
  isUnreliable = false
  onLeave: () => void = () => {}
  readonly #state: PeerState
  readonly #vice: Vice
  /** Rejections of the requests not answered yet. */
  readonly #open = new Set<(error: unknown) => void>()
  #hasLeft = false

  constructor(id: string, state: PeerState, vice: Vice = (honest) => honest) {
    this.id = id
    this.#state = state
    this.#vice = vice
  }

  mayHave(): boolean {
    return this.has
  }

  requestBytes(): number {
    return this.bytes
  }

  timeoutMs(): number {
    return 1_000
  }

  getNodes(
    _: Uint8Array,
    requests: readonly NodeRequest[],
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<Uint8Array[]> {
    this.asked.push(requests)
    const runs: Uint8Array[] = []
    let left = maxBytes
    for (const { path, maxNodes } of requests) {
      if (left <= 0) break
      const run = this.#run(path, maxNodes || Number.POSITIVE_INFINITY, left)
      left -= run.length
      runs.push(run)
    }
    return this.#answer(runs, signal)
  }

  getPaths(_: Uint8Array, requests: readonly WayRequest[], __: number, signal: AbortSignal): Promise<Uint8Array[]> {
    this.asked.push(requests)
    return this.#answer(
      requests.map((request) => this.#way(request)),
      signal,
    )
  }

  getCode(hashes: readonly Uint8Array[], _: number, signal: AbortSignal): Promise<Uint8Array[]> {
    this.asked.push(hashes)
    const codes = hashes.map((hash) => this.#state.codes.get(Buffer.from(hash).toString('hex')) ?? new Uint8Array())
    return this.#answer(codes, signal)
  }

  getHeader(hashes: readonly Uint8Array[], _: number, signal: AbortSignal): Promise<Uint8Array[]> {
    this.asked.push(hashes)
    const headers = this.#state.headers ?? new Map<string, Uint8Array>()
    return this.#answer(
      hashes.map((hash) => headers.get(Buffer.from(hash).toString('hex')) ?? new Uint8Array()),
      signal,
    )
  }

  report(outcome: Outcome): void {
    this.reports.push(outcome)
    if (outcome.kind === 'lie' || outcome.kind === 'timeout') this.leave()
  }

  /** Disconnects: open requests reject, and so does every later request. */
  leave(): void {
    this.#hasLeft = true
    for (const reject of this.#open) reject(this.#departure())
    this.onLeave()
  }

  #run(path: Path, maxNodes: number, maxBytes: number): Uint8Array {
    const blobs: Uint8Array[] = []
    let bytes = 0
    for (const blob of runAt(this.#state.sequence, path, maxNodes)) {
      if (bytes >= maxBytes) break
      blobs.push(blob)
      bytes += blob.length
    }
    return Uint8Array.from(Buffer.concat(blobs))
  }

  /**
   * Returns the nodes on the way from `path` to `key`. The way to an account ends above 64 nibbles: at 64 begins the
   * storage.
   */
  #way({ path, key }: WayRequest): Uint8Array {
    const deepest = key.length === KEY_NIBBLES ? KEY_NIBBLES - 1 : key.length
    const isOnWay = (at: Path) => at.length <= deepest && key.startsWith(at) && at.startsWith(path)
    return Uint8Array.from(Buffer.concat(this.#state.sequence.filter(([at]) => isOnWay(at)).map(([, blob]) => blob)))
  }

  async #answer(honest: Uint8Array[], signal: AbortSignal): Promise<Uint8Array[]> {
    const number = this.asked.length
    let settled = () => {}
    const cut = new Promise<never>((_, reject) => {
      const onAbort = () => reject(signal.reason)
      signal.addEventListener('abort', onAbort)
      this.#open.add(reject)
      settled = () => {
        signal.removeEventListener('abort', onAbort)
        this.#open.delete(reject)
      }
      if (this.#hasLeft) reject(this.#departure())
    })
    const answer = new Promise<Uint8Array[]>((resolve) =>
      setImmediate(async () => resolve(await this.#vice(honest, number))),
    )
    return Promise.race([answer, cut]).finally(settled)
  }

  #departure(): RootlightError {
    return new RootlightError('disconnected', `${this.id} has left`)
  }
}

/** A set of peers coming and going. */
export class TestPeers implements SyncPeers {
  readonly #peers = new Set<TestPeer>()
  readonly #listeners = new Set<() => void>()

  constructor(...peers: TestPeer[]) {
    for (const peer of peers) this.join(peer)
  }

  join(peer: TestPeer): void {
    this.#peers.add(peer)
    peer.onLeave = () => {
      this.#peers.delete(peer)
      this.#tell()
    }
    this.#tell()
  }

  connected(): Iterable<TestPeer> {
    return this.#peers
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Number of registered listeners. */
  get listeners(): number {
    return this.#listeners.size
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}

const flipOneBit = (blob: Uint8Array): Uint8Array => {
  const flipped = blob.slice()
  flipped[flipped.length >> 1]! ^= 1
  return flipped
}
const never = () => new Promise<never>(() => {})

export const honestPeer = (state: PeerState, id = 'honest') => new TestPeer(id, state)
/** Makes a peer flipping a bit of the last part of every answer, from the `from`th answer on. */
export const corruptPeer = (state: PeerState, from = 1, id = 'corrupt') =>
  new TestPeer(id, state, (honest, number) =>
    number < from ? honest : [...honest.slice(0, -1), flipOneBit(honest.at(-1)!)],
  )
/** Makes a peer without any data. */
export const emptyPeer = (state: PeerState, id = 'empty') =>
  new TestPeer(id, state, (honest) => honest.map(() => new Uint8Array()))
/** Makes a peer answering with no run at all. */
export const speechlessPeer = (state: PeerState, id = 'speechless') => new TestPeer(id, state, () => [])
/** Makes a peer never answering. */
export const silentPeer = (state: PeerState, id = 'silent') => new TestPeer(id, state, never)
/** Makes a peer adding a node behind the end of every run. */
export const bloatedPeer = (state: PeerState, id = 'bloated') =>
  new TestPeer(id, state, (honest) => honest.map((run) => Uint8Array.from([...run, 0xc1, 0x80])))
/** Makes a peer answering only the first part of every request. */
export const cappedPeer = (state: PeerState, id = 'capped') => new TestPeer(id, state, (honest) => honest.slice(0, 1))
/** Makes a peer leaving in place of the `at`th answer. */
export function quittingPeer(state: PeerState, at: number, id = 'quitting'): TestPeer {
  const peer: TestPeer = new TestPeer(id, state, (honest, number) => {
    if (number < at) return honest
    peer.leave()
    return never()
  })
  return peer
}

/** Changes to an honest peer's answers, by kind of request. */
export interface Bent {
  readonly nodes?: (runs: Uint8Array[], requests: readonly NodeRequest[]) => Uint8Array[] | Promise<Uint8Array[]>
  readonly codes?: (codes: Uint8Array[]) => Uint8Array[] | Promise<Uint8Array[]>
}

/** Makes an honest peer with separate vices for nodes and for codes. */
export function bentPeer(state: PeerState, bent: Bent, id = 'bent'): TestPeer {
  const peer = honestPeer(state, id)
  const getNodes = peer.getNodes.bind(peer)
  const getCode = peer.getCode.bind(peer)
  const { nodes = (runs) => runs, codes = (all) => all } = bent
  peer.getNodes = async (root, requests, maxBytes, signal) =>
    nodes(await getNodes(root, requests, maxBytes, signal), requests)
  peer.getCode = async (hashes, maxBytes, signal) => codes(await getCode(hashes, maxBytes, signal))
  return peer
}
