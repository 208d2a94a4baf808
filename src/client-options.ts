/** What a client is made from, and the reading of it: what is left out has its usual value, what cannot be is refused. */
import { parseCount, parsePositive } from './wallet/input.ts'
import { DEFAULT_SERVED_REQUESTS, DEFAULT_UPLOAD_BYTES_PER_SECOND } from './worker/constants.ts'
import type { EngineOptions, ServeLimits } from './worker/engine.ts'

export interface LightClientOptions {
  /**
   * IndexedDB name. Clients of one origin with the same name, in any number of tabs, share the database: one writes and
   * syncs, the others follow it, and one of them takes over when it is gone. That takes Web Locks, which exist in secure
   * contexts only; elsewhere the client that was opened last is the one that can sync.
   */
  readonly database: string
  /** Peers of another chain are refused. */
  readonly chainId: number
  /**
   * Multiaddrs: of WebSockets, such as `/dns4/peer.example/tcp/443/wss/p2p/12D3Koo…`, of servers over WebRTC
   * (`/ip4/…/udp/…/webrtc-direct/certhash/…/p2p/…`), and of other tabs (`RELAY/p2p-circuit/webrtc/p2p/…`).
   */
  readonly peers: readonly string[]
  /**
   * Creates the dedicated worker for the engine (`rootlight/worker`, or without a bundler `rootlight/worker.bundle.js`);
   * bundlers need to see the `new Worker(new URL(…), { type: 'module' })` in the application. Left out: the engine runs on
   * this thread.
   */
  readonly worker?: () => Worker
  /** Asks for WebRTC. It is loaded then, or where one of `peers` or another option needs it, and never else. */
  readonly webrtc?: WebRtcOptions
  /**
   * A libp2p node of the application's, to be used for WebRTC in place of one of ours. It has WebRTC among its transports
   * (and, to be dialed by other tabs, a relay to listen on), and is started and stopped by the application.
   */
  readonly libp2p?: Libp2pNode
  /**
   * Lets other tabs have what this one has verified; left out: it serves nobody. Only what is asked of it, behind everything
   * that it does for itself, and within these limits.
   */
  readonly serve?: ServeOptions
}

export interface WebRtcOptions {
  /**
   * Multiaddrs of circuit relays (`rootlight relay`), with their peer ids: a tab that serves can be reached over them. They
   * pass on what two tabs say to connect to each other directly, and no state.
   */
  readonly relays?: readonly string[]
  /** For its ICE servers, above all: without one, tabs behind different routers do not find each other. None by default. */
  readonly rtcConfiguration?: RTCConfiguration
}

/** A node of libp2p 3, as much of it as tells one: libp2p's own types are not needed to use this package. */
export interface Libp2pNode {
  readonly peerId: { toString(): string }
  getMultiaddrs(): readonly { toString(): string }[]
  dial(peer: never, options: never): Promise<unknown>
  handle(protocol: string, handler: never, options: never): Promise<void>
  unhandle(protocol: string): Promise<void>
}

export interface ServeOptions {
  /** Of answers to all others together. 1 MiB by default. */
  readonly uploadBytesPerSecond?: number
  /** That are answered at a time; one while a sync of this tab runs. 4 by default. */
  readonly maxRequests?: number
  /** Whether to go on while the page is hidden. Not by default. */
  readonly whileHidden?: boolean
  /** Whether to go on where the browser says that the connection is metered, or that data should be saved. Not by default. */
  readonly onMetered?: boolean
}

/** For the engine. Throws `badNumber`. */
export function parseOptions({ database, chainId, peers, serve }: LightClientOptions): EngineOptions {
  return { database, chainId: parseCount('chainId', chainId), peers: [...peers], serve: parseServe(serve) }
}

function parseServe(serve: ServeOptions | undefined): ServeLimits | null {
  if (serve === undefined) return null
  const {
    uploadBytesPerSecond = DEFAULT_UPLOAD_BYTES_PER_SECOND,
    maxRequests = DEFAULT_SERVED_REQUESTS,
    whileHidden = false,
    onMetered = false,
  } = serve
  return {
    uploadBytesPerSecond: parsePositive('serve.uploadBytesPerSecond', uploadBytesPerSecond),
    maxRequests: parsePositive('serve.maxRequests', maxRequests),
    whileHidden,
    onMetered,
  }
}
