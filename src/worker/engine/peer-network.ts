/**
 * The engine's connection to peers. WebSockets are dialed on this thread, WebRTC in the window. No peer is dialed
 * before the first sync, or before the first read with a missing node; only a serving tab dials its relays earlier.
 * Each part is loaded when first needed. If loading fails, each later dial tries again, and the peers report the
 * reason.
 */
import type { Libp2p } from '@libp2p/interface'
import { type PeerAddress, parsePeer } from '../../network/address.ts'
import { MAX_TOLD_PEERS } from '../../network/constants.ts'
import type { Caller, Link } from '../../network/link.ts'
import { Dialer } from '../../network/peers/dialer.ts'
import type { PeerSet } from '../../network/peers/peer-set.ts'
import type { WindowCaller } from '../../network/window/window-caller.ts'
import { statusOf } from '../../protocol/messages.ts'
import type { Clock } from '../../runtime/clock.ts'
import { isOnline } from '../../runtime/connectivity.ts'
import { keepTrying } from '../../runtime/keep-trying.ts'
import { LazyPart, type LoadError, toLoadError } from '../../runtime/lazy-part.ts'
import type { Trace } from '../../runtime/trace.ts'
import { CONNECT_GRACE_MS } from '../../sync/constants.ts'
import type { TabServing } from '../serving/serving.ts'

const dialingNode = new LazyPart('libp2p', () => import('../../network/libp2p/dialing-node.ts'))
const libp2pCaller = new LazyPart('libp2p', () => import('../../network/libp2p/libp2p-caller.ts'))

/** A node for dialing WebSockets, and a caller over the node. */
export interface WebSocketNode {
  readonly node: Pick<Libp2p, 'stop'>
  readonly caller: Caller
}

export interface PeerNetworkOptions {
  readonly peers: PeerSet
  readonly addresses: readonly PeerAddress[]
  readonly chainId: number
  /** The window's libp2p node; `null`: WebRTC is not wanted. */
  readonly windowNode: WindowCaller | null
  readonly clock: Clock
  /** Notes each decision; `null` or left out: no notes. */
  readonly trace?: Trace | null | undefined
  /** Loads libp2p and makes a node for dialing these addresses; left out: {@link createWebSocketNode}. */
  readonly loadWebSockets?: (addresses: readonly PeerAddress[]) => Promise<WebSocketNode>
}

export class PeerNetwork {
  readonly #options: PeerNetworkOptions
  readonly #dialer: Dialer
  /** The application's peers dialed on this thread. */
  readonly #nearby: readonly PeerAddress[]
  readonly #webSockets: LazyPart<WebSocketNode>
  readonly #stopped = new AbortController()
  #node: WebSocketNode['node'] | null = null
  #isWindowOpened = false
  /** Time of the first search for peers. */
  #startedAtMs: number | null = null
  /** `null`: other tabs are not served. */
  #serving: TabServing | null = null
  /** Tabs found before the first dial, the newest last. */
  readonly #found = new Map<string, PeerAddress>()
  #webSocketFailure: LoadError | null = null
  #windowFailure: LoadError | null = null

  constructor(options: PeerNetworkOptions) {
    this.#options = options
    const { peers, addresses, chainId, clock, trace = null } = options
    this.#nearby = addresses.filter(({ transport }) => transport === 'websocket')
    this.#webSockets = new LazyPart('libp2p', () => this.#createNode(), clock)
    const caller: Caller = {
      dial: (address, signal) => {
        const isNearby = address.transport === 'websocket' && this.#nearby.length > 0
        return isNearby ? this.#dialNearby(address, signal) : this.#dialInWindow(address, signal)
      },
    }
    this.#dialer = new Dialer({ caller, peers, addresses, status: statusOf(chainId), clock, trace })
  }

  /** Loads libp2p and makes a node without dialing, for a client about to sync. May be called twice. */
  prepare(): void {
    // A failure is reported by the dial.
    if (this.#nearby.length > 0) this.#webSockets.load().catch(() => {})
  }

  /** Begins to dial the application's peers, again and again. May be called twice. */
  start(): void {
    if (this.#stopped.signal.aborted) return
    this.#startedAtMs ??= this.#options.clock.now()
    this.#openWindow()
    for (const address of this.#found.values()) this.#dialer.add(address)
    this.#found.clear()
    this.#dialer.start()
  }

  /** False: the application has named no peer, and none can be found. */
  get canCome(): boolean {
    const { addresses, windowNode } = this.#options
    return addresses.length > 0 || windowNode !== null
  }

  /** True while a new peer may come: a dial is under way, or relays may tell of tabs. */
  get mayCome(): boolean {
    const { peers, windowNode, clock } = this.#options
    if (!isOnline() || this.#startedAtMs === null) return false
    if (windowNode !== null && clock.now() - this.#startedAtMs < CONNECT_GRACE_MS) return true
    return peers.snapshots().some(({ state }) => state === 'connecting')
  }

  /** The reason why some peers cannot be dialed now; `null`: no obstacle is known. The peer set reports changes. */
  get loadFailure(): LoadError | null {
    return this.#webSocketFailure ?? this.#windowFailure
  }

  /** Begins to serve other tabs once the serving code is loaded. Serving ends with the network. */
  serve(load: () => Promise<TabServing>): void {
    this.#keepTrying(load).then(
      (serving) => {
        if (this.#stopped.signal.aborted) return
        this.#serving = serving
        serving.start()
        this.#openWindow()
      },
      () => {}, // it has stopped
    )
  }

  /** Dials waiting peers at once. */
  redial(): void {
    this.#dialer.redial()
  }

  /** Hangs up. Resolves when no connection is left. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    this.#serving?.stop()
    await this.#dialer.stop()
    await this.#node?.stop()
    this.#node = null
    if (this.#isWindowOpened) await this.#options.windowNode?.stop()
    this.#isWindowOpened = false
  }

  /** Starts the window's node, with as many attempts as needed. */
  #openWindow(): void {
    const { windowNode, peers } = this.#options
    if (windowNode === null || this.#isWindowOpened) return
    this.#isWindowOpened = true
    const tell = (failure: LoadError | null) => {
      this.#windowFailure = failure
      peers.changed()
    }
    const handlers: Parameters<WindowCaller['start']>[0] = {
      onGuest: (guest) => this.#serving?.welcome(guest),
      onFound: (address) => this.#find(address),
      onConditions: (conditions) => this.#serving?.meet(conditions),
    }
    this.#keepTrying(
      () => windowNode.start(handlers),
      (error) => tell(toLoadError('WebRTC', error)),
    ).then(
      () => tell(null),
      () => {}, // it has stopped
    )
  }

  #keepTrying<T>(attempt: () => Promise<T>, onFailure: (error: unknown) => void = () => {}): Promise<T> {
    return keepTrying(attempt, { clock: this.#options.clock, signal: this.#stopped.signal, onFailure })
  }

  /** Notes a found tab: before the first dial for later, then for the dialer. */
  #find(text: string): void {
    let address: PeerAddress
    try {
      address = parsePeer(text)
    } catch {
      return // somebody has told nonsense
    }
    if (this.#startedAtMs !== null) {
      this.#dialer.add(address)
      return
    }
    this.#found.delete(text)
    this.#found.set(text, address)
    for (const oldest of [...this.#found.keys()].slice(0, -MAX_TOLD_PEERS)) this.#found.delete(oldest)
  }

  async #dialNearby(address: PeerAddress, signal: AbortSignal): Promise<Link> {
    const loading = this.#webSockets.load().then(
      ({ caller }) => {
        this.#webSocketFailure = null
        return caller
      },
      (error: LoadError) => {
        this.#webSocketFailure = error // the peer set tells of it, when the dial has failed for it
        throw error
      },
    )
    const caller = await untilAborted(loading, signal)
    return caller.dial(address, signal)
  }

  async #dialInWindow(address: PeerAddress, signal: AbortSignal): Promise<Link> {
    const { windowNode } = this.#options
    if (windowNode === null) throw new Error('there is no WebRTC here')
    this.#openWindow()
    if (this.#windowFailure !== null) throw this.#windowFailure
    return windowNode.dial(address, signal)
  }

  async #createNode(): Promise<WebSocketNode> {
    const { loadWebSockets = createWebSocketNode } = this.#options
    const created = await loadWebSockets(this.#nearby)
    if (this.#stopped.signal.aborted) await created.node.stop()
    else this.#node = created.node
    return created
  }
}

/**
 * Loaded lazily: an application that only reads from disk needs no libp2p, nor does a worker with all its peers in the window.
 */
async function createWebSocketNode(addresses: readonly PeerAddress[]): Promise<WebSocketNode> {
  const [{ createDialingNode }, { callerOf }] = await Promise.all([dialingNode.load(), libp2pCaller.load()])
  const node = await createDialingNode(addresses)
  return { node, caller: callerOf(node) }
}

/** Settles as `promise` does, but rejects as soon as `signal` aborts. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
