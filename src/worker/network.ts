/** The engine's connection to the world: nobody is dialed before the first sync. */
import type { Libp2p } from '@libp2p/interface'
import type { PeerAddress } from '../network/address.ts'
import { Dialer } from '../network/dialer.ts'
import type { PeerSet } from '../network/peer-set.ts'
import { DEFAULT_LIMITS } from '../protocol/messages.ts'

export class Network {
  readonly #peers: PeerSet
  readonly #addresses: readonly PeerAddress[]
  readonly #chainId: number
  #prepared: Promise<{ readonly node: Libp2p; readonly dialer: Dialer }> | null = null

  constructor(peers: PeerSet, addresses: readonly PeerAddress[], chainId: number) {
    this.#peers = peers
    this.#addresses = addresses
    this.#chainId = chainId
  }

  /** Loads libp2p and makes a node, which dials nobody: for a client that will sync before long. May be called twice. */
  prepare(): void {
    if (this.#prepared !== null || this.#addresses.length === 0) return
    const prepared = this.#create()
    this.#prepared = prepared
    // Without its modules (a deployment that moved under an open page) there are no peers: the sync says so and waits.
    prepared.catch(() => {
      if (this.#prepared === prepared) this.#prepared = null
    })
  }

  /** Begins to dial the application's peers, and keeps at it. May be called twice. */
  start(): void {
    this.prepare()
    this.#prepared?.then(
      ({ dialer }) => dialer.start(),
      () => {},
    )
  }

  /** Dials at once whoever is waited for. */
  redial(): void {
    this.#prepared?.then(
      ({ dialer }) => dialer.redial(),
      () => {},
    )
  }

  /** Hangs up. Resolves when no connection is left. */
  async stop(): Promise<void> {
    const prepared = await this.#prepared?.catch(() => null)
    this.#prepared = null
    if (prepared === null || prepared === undefined) return
    await prepared.dialer.stop()
    await prepared.node.stop()
  }

  async #create() {
    // Lazily: a page that only reads what it has does not load libp2p.
    const { createDialingNode } = await import('../network/dialing-node.ts')
    const node = await createDialingNode(this.#addresses)
    const status = { chainId: this.#chainId, roots: [], limits: DEFAULT_LIMITS }
    return { node, dialer: new Dialer({ node, peers: this.#peers, addresses: this.#addresses, status }) }
  }
}
