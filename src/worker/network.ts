/** The engine's connection to the world: nothing is loaded and nobody is dialed before the first sync. */
import type { Libp2p } from '@libp2p/interface'
import type { PeerAddress } from '../network/address.ts'
import { Dialer } from '../network/dialer.ts'
import type { PeerSet } from '../network/peer-set.ts'
import { DEFAULT_LIMITS } from '../protocol/messages.ts'

export class Network {
  readonly #peers: PeerSet
  readonly #addresses: readonly PeerAddress[]
  readonly #chainId: number
  #started: Promise<{ readonly node: Libp2p; readonly dialer: Dialer }> | null = null

  constructor(peers: PeerSet, addresses: readonly PeerAddress[], chainId: number) {
    this.#peers = peers
    this.#addresses = addresses
    this.#chainId = chainId
  }

  /** Begins to dial the application's peers, and keeps at it. May be called twice. */
  start(): void {
    if (this.#started !== null || this.#addresses.length === 0) return
    const started = this.#create()
    this.#started = started
    // Without its modules (a deployment that moved under an open page) there are no peers: the sync says so and waits.
    started.catch(() => {
      if (this.#started === started) this.#started = null
    })
  }

  /** Hangs up. Resolves when no connection is left. */
  async stop(): Promise<void> {
    const started = await this.#started?.catch(() => null)
    this.#started = null
    if (started === null || started === undefined) return
    await started.dialer.stop()
    await started.node.stop()
  }

  async #create() {
    // Lazily: a page that only reads what it has does not load libp2p.
    const { createDialingNode } = await import('../network/dialing-node.ts')
    const node = await createDialingNode(this.#addresses)
    const status = { chainId: this.#chainId, roots: [], limits: DEFAULT_LIMITS }
    const dialer = new Dialer({ node, peers: this.#peers, addresses: this.#addresses, status })
    dialer.start()
    return { node, dialer }
  }
}
