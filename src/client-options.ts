/** The options of a client. Fills in the defaults, and refuses impossible values. */
import type { TraceEvent } from './runtime/trace-text.ts'
import { parseCount, parsePositive } from './wallet/number.ts'
import { badArgument, checkType, fieldsOf, reading, textsOf } from './wallet/plain.ts'
import { DEFAULT_SERVED_REQUESTS, DEFAULT_UPLOAD_BYTES_PER_SECOND } from './worker/constants.ts'
import type { EngineOptions, ServeLimits } from './worker/engine.ts'
import { notingUrl } from './worker/port/worker-url.ts'

/** The options of `createLightClient`. */
export interface LightClientOptions {
  /**
   * The name of the IndexedDB database. All clients of an origin with the same name share the database, in any number
   * of tabs. One client writes and syncs, the others follow. If the writer goes away, a follower takes over. Sharing
   * needs Web Locks, so a secure context; elsewhere only the last opened client can sync.
   */
  readonly database: string
  /**
   * The id of the chain. Peers of another chain are refused, and so is a database with states of another chain. An old
   * database without a chain id belongs to the first chain opening the database.
   */
  readonly chainId: number
  /**
   * Multiaddrs of peers. WebSockets: `/dns4/peer.example/tcp/443/wss/p2p/12D3Koo…`. Servers over WebRTC:
   * `/ip4/…/udp/…/webrtc-direct/certhash/…/p2p/…`. Other tabs: `RELAY/p2p-circuit/webrtc/p2p/…`.
   */
  readonly peers: readonly string[]
  /**
   * Creates the dedicated worker of the engine from `rootlight/worker`, or without a bundler from
   * `rootlight/worker.bundle.js`. Bundlers need to see `new Worker(new URL(…), { type: 'module' })` in the application.
   * Left out: the engine runs on this thread.
   */
  readonly worker?: () => Worker
  /**
   * Enables WebRTC. The code of WebRTC is loaded only with this option, or if `peers` or another option needs WebRTC.
   */
  readonly webrtc?: WebRtcOptions
  /**
   * A libp2p node of the application, used for WebRTC in place of a new node. The node needs WebRTC among its
   * transports, and a relay to listen on if other tabs shall dial this tab. The application starts and stops the node.
   */
  readonly libp2p?: Libp2pNode
  /**
   * Serves verified data to other tabs, on request, after all work of this tab, and within these limits. Left out: this
   * tab serves no tab.
   */
  readonly serve?: ServeOptions
  /**
   * Called for each decision of the client: the peer asked, the reason of a ban or a stall, the source of a read. Left
   * out: nothing is noted. A tab notes its own decisions. Peers and the sync belong to the writing tab, so a follower's
   * trace has its tab decisions and reads only. Called from the opening on, and for every request: keep it quick. An
   * error thrown here goes to the console.
   */
  readonly onTrace?: (event: TraceEvent) => void
}

/** The options of WebRTC. */
export interface WebRtcOptions {
  /**
   * Multiaddrs of circuit relays (`rootlight relay`), with peer ids. Other tabs reach a serving tab over a relay. A
   * relay carries only the messages for connecting two tabs directly, and no state.
   */
  readonly relays?: readonly string[]
  /**
   * The configuration of WebRTC, mainly its ICE servers. Tabs behind different routers need an ICE server to connect.
   * Default: no ICE server.
   */
  readonly rtcConfiguration?: RTCConfiguration
}

/** The options of WebRTC in the window. Declared here, so the public types do not depend on the types of libp2p. */
export interface WindowWebRtcOptions {
  readonly peers: readonly string[]
  /** `undefined`: WebRTC is not enabled by an option. */
  readonly webrtc: { readonly relays: readonly string[]; readonly rtcConfiguration: RTCConfiguration } | undefined
  /** A libp2p node of the application. */
  readonly libp2p: object | undefined
  readonly isServing: boolean
}

/** A node of libp2p 3, reduced to the methods identifying one. Applications do not need the types of libp2p. */
export interface Libp2pNode {
  /** The id of the node. */
  readonly peerId: Printable
  /** Returns the addresses of the node. */
  getMultiaddrs(): readonly Printable[]
  /** Opens a connection to a peer. */
  dial(peer: never, options: never): Promise<unknown>
  /** Registers the handler of a protocol. */
  handle(protocol: string, handler: never, options: never): Promise<void>
  /** Removes the handler of a protocol. */
  unhandle(protocol: string): Promise<void>
}

/** A value with a text form, such as a peer id or a multiaddr of libp2p. */
interface Printable {
  /** Returns the text. */
  toString(): string
}

/** The limits of a tab serving other tabs. */
export interface ServeOptions {
  /** The limit of all answers to other tabs together, in bytes a second. Default: 1 MiB. */
  readonly uploadBytesPerSecond?: number
  /** The limit of requests answered at a time; one while this tab syncs. Default: 4. */
  readonly maxRequests?: number
  /** True: the tab serves while the page is hidden. Default: false. */
  readonly whileHidden?: boolean
  /** True: the tab serves on a metered connection, and if the browser asks to save data. Default: false. */
  readonly onMetered?: boolean
}

/** The options of a client, checked and copied. */
export interface ParsedOptions {
  readonly engine: EngineOptions
  readonly webrtc: WindowWebRtcOptions
  readonly worker: (() => Worker) | undefined
  readonly onTrace: LightClientOptions['onTrace']
}

/** Returns checked options. Throws `badArgument` or `badNumber`. */
export function parseOptions(options: unknown): ParsedOptions {
  const names = ['database', 'chainId', 'peers', 'worker', 'webrtc', 'libp2p', 'serve', 'onTrace'] as const
  const { database, chainId, worker, libp2p, onTrace, ...given } = fieldsOf('the options of a client', options, names)
  checkType('database', 'string', database)
  if (worker !== undefined) checkType('worker', 'function', worker)
  if (onTrace !== undefined) checkType('onTrace', 'function', onTrace)
  if (libp2p !== undefined) checkType('libp2p.dial', 'function', fieldsOf('libp2p', libp2p, ['dial']).dial)
  const peers = textsOf('peers', given.peers)
  const serve = parseServe(given.serve)
  const engine = {
    database: database as string,
    chainId: parseCount('chainId', chainId),
    peers,
    serve,
    isTraced: onTrace !== undefined,
  }
  const webrtc = {
    peers,
    webrtc: parseWebRtc(given.webrtc),
    libp2p: libp2p as object | undefined,
    isServing: serve !== null,
  }
  return {
    engine,
    webrtc,
    worker: worker as ParsedOptions['worker'],
    onTrace: onTrace as ParsedOptions['onTrace'],
  }
}

/**
 * Creates the worker of the application. Also returns the URL of the worker's script, if visible. Throws `badArgument`.
 */
export function createWorker(create: () => Worker): { readonly worker: Worker; readonly url: string | null } {
  const expected = 'a function that returns a Worker'
  const { created: worker, url } = reading('worker', expected, create, () => notingUrl(create))
  const isWorker = reading('worker', expected, worker, () => {
    const { postMessage, addEventListener, terminate } = Object(worker) as Partial<Worker>
    return [postMessage, addEventListener, terminate].every((method) => typeof method === 'function')
  })
  if (!isWorker) throw badArgument('what `worker` returns', 'a Worker', worker)
  return { worker, url }
}

function parseWebRtc(webrtc: unknown): WindowWebRtcOptions['webrtc'] {
  if (webrtc === undefined) return undefined
  const { relays, rtcConfiguration } = fieldsOf('webrtc', webrtc, ['relays', 'rtcConfiguration'])
  const name = 'webrtc.rtcConfiguration'
  if (rtcConfiguration !== undefined) fieldsOf(name, rtcConfiguration, ['iceServers'])
  return {
    relays: relays === undefined ? [] : textsOf('webrtc.relays', relays),
    rtcConfiguration: reading(name, 'an object', rtcConfiguration, () => ({ ...(rtcConfiguration as object) })),
  }
}

function parseServe(serve: unknown): ServeLimits | null {
  if (serve === undefined) return null
  const names = ['uploadBytesPerSecond', 'maxRequests', 'whileHidden', 'onMetered'] as const
  const {
    uploadBytesPerSecond = DEFAULT_UPLOAD_BYTES_PER_SECOND,
    maxRequests = DEFAULT_SERVED_REQUESTS,
    whileHidden = false,
    onMetered = false,
  } = fieldsOf('serve', serve, names)
  checkType('serve.whileHidden', 'boolean', whileHidden)
  checkType('serve.onMetered', 'boolean', onMetered)
  return {
    uploadBytesPerSecond: parsePositive('serve.uploadBytesPerSecond', uploadBytesPerSecond),
    maxRequests: parsePositive('serve.maxRequests', maxRequests),
    whileHidden: whileHidden as boolean,
    onMetered: onMetered as boolean,
  }
}
