/** Finds other tabs: asks each connected peer that knows others, on connecting and at intervals. */
import type { Connection, IdentifyResult, Libp2p } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Clock } from '../../runtime/clock.ts'
import { startDeadline } from '../../runtime/deadline.ts'
import { parsePeer } from '../address.ts'
import { DIAL_TIMEOUT_MS, FIND_INTERVAL_MS, PEERS_PROTOCOL_ID } from '../constants.ts'
import { askPeers } from './peer-exchange.ts'

export interface PeerFinderOptions {
  readonly node: Libp2p
  readonly clock: Clock
  /** Returns true for an address not to be dialed. */
  readonly isDenied: (address: Multiaddr) => boolean
  /** Called with a tab's multiaddr, valid for `parsePeer`. */
  readonly onFound: (address: string) => void
}

/** `start` and `stop` may be called twice. */
export class PeerFinder {
  readonly #options: PeerFinderOptions
  readonly #tellers = new Map<string, Connection>()
  readonly #onIdentified = ({ detail }: CustomEvent<IdentifyResult>) => this.#meet(detail)
  readonly #onClosed = ({ detail }: CustomEvent<Connection>) => this.#tellers.delete(detail.id)
  #abort: AbortController | null = null
  #cancelRound = () => {}

  constructor(options: PeerFinderOptions) {
    this.#options = options
  }

  start(): void {
    if (this.#abort !== null) return
    this.#abort = new AbortController()
    this.#options.node.addEventListener('peer:identify', this.#onIdentified)
    this.#options.node.addEventListener('connection:close', this.#onClosed)
    this.#waitForRound()
  }

  stop(): void {
    this.#options.node.removeEventListener('peer:identify', this.#onIdentified)
    this.#options.node.removeEventListener('connection:close', this.#onClosed)
    this.#cancelRound()
    this.#abort?.abort()
    this.#abort = null
    this.#tellers.clear()
  }

  #meet({ connection, protocols }: IdentifyResult): void {
    if (!protocols.includes(PEERS_PROTOCOL_ID) || connection.limits !== undefined) return
    if (this.#tellers.has(connection.id)) return
    this.#tellers.set(connection.id, connection)
    void this.#ask(connection)
  }

  #waitForRound(): void {
    this.#cancelRound = this.#options.clock.after(FIND_INTERVAL_MS, () => {
      for (const connection of this.#tellers.values()) void this.#ask(connection)
      this.#waitForRound()
    })
  }

  /** Asks one peer. Never rejects: a peer without an answer is asked again, and others are asked as well. */
  async #ask(connection: Connection): Promise<void> {
    const stopped = this.#abort?.signal
    if (stopped === undefined) return
    const late = new AbortController()
    const cancelTimeout = startDeadline(this.#options.clock, DIAL_TIMEOUT_MS, () => late.abort())
    const abort = () => late.abort()
    stopped.addEventListener('abort', abort)
    try {
      const told = await askPeers(connection, late.signal)
      for (const { id, addresses } of told) this.#take(id, addresses)
    } catch {
      // See above.
    } finally {
      cancelTimeout()
      stopped.removeEventListener('abort', abort)
    }
  }

  /** Takes the first allowed address of a tab: the others lead to the same tab. */
  #take(id: string, addresses: readonly string[]): void {
    const { node, isDenied, onFound } = this.#options
    if (id === node.peerId.toString()) return
    for (const address of addresses) {
      const text = address.endsWith(`/p2p/${id}`) ? address : `${address}/p2p/${id}`
      if (!isTab(text) || isDenied(parsePeer(text).multiaddr)) continue
      onFound(text)
      return
    }
  }
}

function isTab(text: string): boolean {
  try {
    return text.includes('/p2p-circuit/webrtc/') && parsePeer(text).transport === 'webrtc'
  } catch {
    return false // it has signed nonsense
  }
}
