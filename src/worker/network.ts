/**
 * The engine's connection to the world. WebSockets are dialed on this thread, WebRTC in the window. Nobody is dialed before
 * the first sync, or the first read that misses something, but for the relays of a tab that serves.
 */
import type { Libp2p } from '@libp2p/interface'
import { type PeerAddress, parsePeer } from '../network/address.ts'
import { MAX_TOLD_PEERS } from '../network/constants.ts'
import { Dialer } from '../network/dialer.ts'
import type { Caller } from '../network/link.ts'
import type { PageNode } from '../network/page-node.ts'
import type { PeerSet } from '../network/peer-set.ts'
import type { Clock } from '../protocol/clock.ts'
import { statusOf } from '../protocol/messages.ts'
import { isOnline } from '../runtime/connectivity.ts'
import { CONNECT_GRACE_MS } from '../sync/constants.ts'
import type { TabServing } from './serving.ts'

export interface NetworkOptions {
  readonly peers: PeerSet
  readonly addresses: readonly PeerAddress[]
  readonly chainId: number
  /** The window's node; `null`: nothing of WebRTC is wanted. */
  readonly page: PageNode | null
  readonly clock: Clock
}

interface Prepared {
  readonly node: Libp2p | null
  readonly dialer: Dialer
}

export class Network {
  readonly #options: NetworkOptions
  #prepared: Promise<Prepared> | null = null
  #opened: Promise<void> | null = null
  #isDialing = false
  /** When the first peers were looked for. */
  #startedAtMs: number | null = null
  /** `null`: other tabs are not served. */
  #serving: TabServing | null = null
  /** Other tabs that somebody has told of lately. */
  readonly #found = new Set<string>()

  constructor(options: NetworkOptions) {
    this.#options = options
  }

  /** Loads libp2p and makes a node, which dials nobody: for a client that will sync before long. May be called twice. */
  prepare(): void {
    if (this.#prepared !== null || !this.canCome) return
    const prepared = this.#create()
    this.#prepared = prepared
    // Without its modules (a deployment that moved under an open page) there are no peers: the sync says so and waits.
    prepared.catch(() => {
      if (this.#prepared === prepared) this.#prepared = null
    })
  }

  /** Begins to dial the application's peers, and keeps at it. May be called twice. */
  start(): void {
    this.#startedAtMs ??= this.#options.clock.now()
    this.prepare()
    this.#open()
    this.#prepared?.then(
      ({ dialer }) => {
        dialer.start()
        this.#isDialing = true
      },
      () => {},
    )
  }

  /** False: the application has named nobody, and nobody can be found. */
  get canCome(): boolean {
    const { addresses, page } = this.#options
    return addresses.length > 0 || page !== null
  }

  /** True while somebody may come who was not met yet: a dial is under way, or relays may tell of tabs. */
  get mayCome(): boolean {
    const { peers, page, clock } = this.#options
    if (!isOnline() || this.#startedAtMs === null) return false
    if (this.#prepared !== null && !this.#isDialing) return true
    if (page !== null && clock.now() - this.#startedAtMs < CONNECT_GRACE_MS) return true
    return peers.snapshots().some(({ state }) => state === 'connecting')
  }

  /** Begins to let other tabs have what `serving` has, which ends with the network. To be called before {@link start}. */
  serve(serving: TabServing): void {
    this.#serving = serving
    serving.start()
    this.#open()
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
    this.#isDialing = false
    this.#serving?.stop()
    await prepared?.dialer.stop()
    await prepared?.node?.stop()
    if (this.#opened !== null) await this.#options.page?.stop()
    this.#opened = null
  }

  /** The window's node. Where its modules cannot be loaded, dials over WebRTC fail and say so, and the next one tries again. */
  #open(): void {
    const { page } = this.#options
    if (page === null || this.#opened !== null) return
    const opened = page.start({
      onGuest: (guest) => this.#serving?.welcome(guest),
      onFound: (address) => this.#find(address),
      onConditions: (conditions) => this.#serving?.meet(conditions),
    })
    this.#opened = opened
    opened.catch(() => {
      if (this.#opened === opened) this.#opened = null
    })
  }

  /** Whoever is found before there is somebody to dial with is dialed then. */
  #find(address: string): void {
    this.#found.delete(address)
    this.#found.add(address)
    for (const oldest of [...this.#found].slice(0, -MAX_TOLD_PEERS)) this.#found.delete(oldest)
    this.#prepared?.then(
      ({ dialer }) => dialer.add(parsePeer(address)),
      () => {},
    )
  }

  async #create(): Promise<Prepared> {
    const { peers, addresses, chainId, page } = this.#options
    const nearby = addresses.filter(({ transport }) => transport === 'websocket')
    const { node, webSocket } = await webSockets(nearby)
    const caller: Caller = {
      dial: (address, signal) => {
        if (address.transport === 'websocket' && webSocket !== null) return webSocket.dial(address, signal)
        this.#open()
        return page === null ? Promise.reject(new Error('there is no WebRTC here')) : page.dial(address, signal)
      },
    }
    const dialer = new Dialer({ caller, peers, addresses, status: statusOf(chainId) })
    for (const address of this.#found) dialer.add(parsePeer(address))
    return { node, dialer }
  }
}

/** Lazily: a page that only reads what it has does not load libp2p, nor does a worker whose peers are all the window's. */
async function webSockets(addresses: readonly PeerAddress[]) {
  if (addresses.length === 0) return { node: null, webSocket: null }
  const [{ createDialingNode }, { callerOf }] = await Promise.all([
    import('../network/dialing-node.ts'),
    import('../network/libp2p-caller.ts'),
  ])
  const node = await createDialingNode(addresses)
  return { node, webSocket: callerOf(node) }
}
