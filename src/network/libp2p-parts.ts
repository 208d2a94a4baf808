/**
 * What both kinds of nodes are made of: WebSockets, noise, yamux and identify. Loaded when a node is created, so that a
 * page which only reads offline never loads libp2p.
 */
import type { ICryptoInterface } from '@chainsafe/libp2p-noise'
import type { Libp2p } from '@libp2p/interface'
import type { Libp2pOptions } from 'libp2p'
import { MAX_INBOUND_STREAMS, MAX_READ_BUFFER_BYTES, MAX_STREAM_WINDOW_BYTES } from './constants.ts'
import { guardedMuxer } from './guarded-muxer.ts'
import { installPromiseWithResolvers } from './promise-with-resolvers.ts'

/** libp2p, and the options that all our nodes share. */
export interface Libp2pParts {
  readonly createLibp2p: (options: Libp2pOptions) => Promise<Libp2p>
  readonly parts: Libp2pOptions
}

export interface Libp2pSettings {
  /** A stream that holds more unread is reset. */
  readonly readBufferBytes?: number
  /** The primitives of noise; left out: what it comes with, which in Node is Node's own. */
  readonly crypto?: ICryptoInterface
}

/** Loads the modules and returns them, wired; starts nothing. */
export async function loadLibp2p(settings: Libp2pSettings = {}): Promise<Libp2pParts> {
  const { readBufferBytes = MAX_READ_BUFFER_BYTES, ...noiseInit } = settings
  installPromiseWithResolvers()
  const [{ createLibp2p }, { webSockets }, { noise }, { yamux }, { identify }] = await Promise.all([
    import('libp2p'),
    import('@libp2p/websockets'),
    import('@chainsafe/libp2p-noise'),
    import('@chainsafe/libp2p-yamux'),
    import('@libp2p/identify'),
  ])
  const streamOptions = { maxStreamWindowSize: MAX_STREAM_WINDOW_BYTES, maxReadBufferLength: readBufferBytes }
  const parts = {
    start: false,
    transports: [webSockets()],
    connectionEncrypters: [noise(noiseInit)],
    streamMuxers: [guardedMuxer(yamux({ streamOptions, maxInboundStreams: MAX_INBOUND_STREAMS }))],
    services: { identify: identify() },
  }
  return { createLibp2p, parts }
}
