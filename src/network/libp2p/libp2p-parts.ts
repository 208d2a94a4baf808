/**
 * The common parts of all our nodes: WebSockets, noise, yamux and identify. Loaded with the first node, so a page that
 * only reads offline never loads libp2p.
 */
import type { identify as createIdentify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import type { Libp2pOptions } from 'libp2p'
import { LazyPart } from '../../runtime/lazy-part.ts'
import { MAX_INBOUND_STREAMS, MAX_READ_BUFFER_BYTES, MAX_STREAM_WINDOW_BYTES } from '../constants.ts'
import { attentiveMuxer } from '../guards/attentive-muxer.ts'
import { guardedEncrypter } from '../guards/guarded-encrypter.ts'
import { guardedMuxer, type MuxerGuard } from '../guards/guarded-muxer.ts'
import { installPromiseWithResolvers } from './promise-with-resolvers.ts'

/** libp2p itself, for this thread. */
export const libp2pModules = new LazyPart('libp2p', () => import('./libp2p-modules.ts'))

/** libp2p, and the options shared by all our nodes. */
export interface Libp2pParts {
  readonly createLibp2p: (options: Libp2pOptions) => Promise<Libp2p>
  /** The identify service of the {@link parts}, for nodes that wrap the service. */
  readonly identify: ReturnType<typeof createIdentify>
  readonly parts: Libp2pOptions
}

export interface Libp2pSettings {
  /** The unread bytes of a stream above which the stream is reset. */
  readonly readBufferBytes?: number
  /**
   * True for a tab's node. noise then uses the ciphers for browsers, in Node those of Node. A tab checks its
   * connections itself; a server uses libp2p's monitor.
   */
  readonly isTab?: boolean
  readonly muxerGuard?: MuxerGuard
}

/** Loads the modules and returns them, wired. Starts nothing. Rejects with `loadFailed`. */
export async function loadLibp2p(settings: Libp2pSettings = {}): Promise<Libp2pParts> {
  const { readBufferBytes = MAX_READ_BUFFER_BYTES, isTab = false, muxerGuard } = settings
  installPromiseWithResolvers()
  const { createLibp2p, dialingWebSockets, fastNoiseCrypto, identify, noise, yamux } = await libp2pModules.load()
  const streamOptions = { maxStreamWindowSize: MAX_STREAM_WINDOW_BYTES, maxReadBufferLength: readBufferBytes }
  const muxer = guardedMuxer(yamux({ streamOptions, maxInboundStreams: MAX_INBOUND_STREAMS }), muxerGuard)
  const parts = {
    start: false,
    transports: [dialingWebSockets()],
    connectionEncrypters: [guardedEncrypter(noise(isTab ? { crypto: fastNoiseCrypto() } : {}))],
    streamMuxers: [isTab ? attentiveMuxer(muxer) : muxer],
    services: { identify: identify() },
  }
  return { createLibp2p, identify: identify(), parts }
}
