/** What a client is made from, and the reading of it: what is left out has its usual value, what cannot be is refused. */
import { parseCount, parsePositive } from './wallet/number.ts'
import { badArgument, checkType, fieldsOf, reading, textsOf } from './wallet/plain.ts'
import { DEFAULT_SERVED_REQUESTS, DEFAULT_UPLOAD_BYTES_PER_SECOND } from './worker/constants.ts'
import type { EngineOptions, ServeLimits } from './worker/engine.ts'
import { notingUrl } from './worker/port/worker-url.ts'

export interface LightClientOptions {
  /**
   * IndexedDB name. Clients of one origin with the same name, in any number of tabs, share the database: one writes and
   * syncs, the others follow it, and one of them takes over when it is gone. That takes Web Locks, which exist in secure
   * contexts only; elsewhere the client that was opened last is the one that can sync.
   */
  readonly database: string
  /**
   * Peers of another chain are refused, and so is a database with states of another chain. One that was written before
   * databases said their chain is taken for the one that it is opened for first.
   */
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

/** What a client needs to know for WebRTC in its window. Here, so that the public types do not reach libp2p's. */
export interface WindowWebRtcOptions {
  readonly peers: readonly string[]
  /** `undefined`: not asked for. */
  readonly webrtc: { readonly relays: readonly string[]; readonly rtcConfiguration: RTCConfiguration } | undefined
  /** A libp2p node of the application's. */
  readonly libp2p: object | undefined
  readonly isServing: boolean
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

/** What a client is made from, checked and copied. */
export interface ParsedOptions {
  readonly engine: EngineOptions
  readonly webrtc: WindowWebRtcOptions
  readonly worker: (() => Worker) | undefined
}

/** Throws `badArgument` or `badNumber`. */
export function parseOptions(options: unknown): ParsedOptions {
  const names = ['database', 'chainId', 'peers', 'worker', 'webrtc', 'libp2p', 'serve'] as const
  const { database, chainId, worker, libp2p, ...given } = fieldsOf('the options of a client', options, names)
  checkType('database', 'string', database)
  if (worker !== undefined) checkType('worker', 'function', worker)
  if (libp2p !== undefined) checkType('libp2p.dial', 'function', fieldsOf('libp2p', libp2p, ['dial']).dial)
  const peers = textsOf('peers', given.peers)
  const serve = parseServe(given.serve)
  const engine = { database: database as string, chainId: parseCount('chainId', chainId), peers, serve }
  const webrtc = {
    peers,
    webrtc: parseWebRtc(given.webrtc),
    libp2p: libp2p as object | undefined,
    isServing: serve !== null,
  }
  return { engine, webrtc, worker: worker as ParsedOptions['worker'] }
}

/** The application's worker, and the URL of its script if that can be seen. Throws `badArgument`. */
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
