/**
 * What both kinds of nodes are made of: WebSockets, noise, yamux and identify. Loaded when a node is created, so that a
 * page which only reads offline never loads libp2p.
 */
import type { Libp2p } from '@libp2p/interface'
import type { Libp2pOptions } from 'libp2p'
import { MAX_INBOUND_STREAMS, MAX_READ_BUFFER_BYTES, MAX_STREAM_WINDOW_BYTES } from './constants.ts'
import { guardedEncrypter } from './guarded-encrypter.ts'
import { guardedMuxer, type MuxerGuard } from './guarded-muxer.ts'
import { installPromiseWithResolvers } from './promise-with-resolvers.ts'

/** libp2p, and the options that all our nodes share. */
export interface Libp2pParts {
  readonly createLibp2p: (options: Libp2pOptions) => Promise<Libp2p>
  readonly parts: Libp2pOptions
}

export interface Libp2pSettings {
  /** A stream that holds more unread is reset. */
  readonly readBufferBytes?: number
  /** A browser's: noise comes with ciphers in JavaScript for it, and for Node with those of Node. */
  readonly needsFastCipher?: boolean
  readonly muxerGuard?: MuxerGuard
}

/** Loads the modules and returns them, wired; starts nothing. */
export async function loadLibp2p(settings: Libp2pSettings = {}): Promise<Libp2pParts> {
  const { readBufferBytes = MAX_READ_BUFFER_BYTES, needsFastCipher = false, muxerGuard } = settings
  installPromiseWithResolvers()
  const { createLibp2p, fastNoiseCrypto, identify, noise, webSockets, yamux } = await import('./libp2p-modules.ts')
  const streamOptions = { maxStreamWindowSize: MAX_STREAM_WINDOW_BYTES, maxReadBufferLength: readBufferBytes }
  const parts = {
    start: false,
    transports: [webSockets()],
    connectionEncrypters: [guardedEncrypter(noise(needsFastCipher ? { crypto: fastNoiseCrypto() } : {}))],
    streamMuxers: [guardedMuxer(yamux({ streamOptions, maxInboundStreams: MAX_INBOUND_STREAMS }), muxerGuard)],
    services: { identify: identify() },
  }
  return { createLibp2p, parts }
}
