/**
 * A hostile libp2p node, written for these tests. Gives raw streams and, over WebSockets, the encrypted connection
 * below.
 */
import { noise } from '@chainsafe/libp2p-noise'
import type {
  Connection,
  Libp2p,
  MessageStream,
  MessageStreamStatus,
  Stream,
  StreamMuxerFactory,
} from '@libp2p/interface'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p, type Libp2pOptions } from 'libp2p'
import { DIAL_TIMEOUT_MS } from '../../network/constants.ts'
import { installPromiseWithResolvers } from '../../network/libp2p/promise-with-resolvers.ts'
import { PROTOCOL } from './wire-bytes.ts'

export class HostileClient {
  readonly node: Libp2p
  #prepared: Connection | null = null
  readonly #below: { stream: MessageStream | undefined }
  #attack = new AbortController()

  private constructor(node: Libp2p, below: { stream: MessageStream | undefined }) {
    this.node = node
    this.#below = below
  }

  /**
   * Starts a new, unknown peer. `transports` are additional to WebSockets, with their `services`. The caller stops the
   * peer.
   */
  static async create({ transports = [], services = {} }: Libp2pOptions = {}): Promise<HostileClient> {
    installPromiseWithResolvers()
    const below: { stream: MessageStream | undefined } = { stream: undefined }
    const node = await createLibp2p({
      transports: [webSockets(), ...transports],
      connectionEncrypters: [noise()],
      streamMuxers: [() => watched(yamux({ enableKeepAlive: false })(), below)],
      services,
      connectionGater: { denyDialMultiaddr: () => false },
      connectionMonitor: { enabled: false },
      // libp2p's default of 6 s is too short for a page on a busy machine.
      connectionManager: { addressDialTimeout: DIAL_TIMEOUT_MS, dialTimeout: DIAL_TIMEOUT_MS },
    })
    await node.start()
    return new HostileClient(node, below)
  }

  /** Opens the connection for the next {@link dial}, so that an attack begins without the handshake. */
  async prepare(address: string): Promise<void> {
    this.#prepared = await this.#connect(address)
  }

  get isConnected(): boolean {
    return this.node.getConnections().some(({ status }) => status === 'open')
  }

  /** Returns the prepared connection ({@link prepare}), or else a new connection for each call. */
  async dial(address: string): Promise<Connection> {
    const prepared = this.#prepared
    this.#prepared = null
    return prepared ?? this.#connect(address)
  }

  /** Aborted when the attack begun with the last {@link dial} is over. */
  get attacking(): AbortSignal {
    return this.#attack.signal
  }

  /** Resets all streams, and keeps the open connection for the next {@link dial}. */
  rest(): void {
    this.#attack.abort()
    this.#attack = new AbortController()
    const [connection] = this.node.getConnections()
    for (const stream of connection?.streams ?? []) stream.abort(new Error('a pause'))
    this.#prepared = connection ?? null
  }

  #connect(address: string): Promise<Connection> {
    return this.node.dial(multiaddr(address), { force: true })
  }

  /** The encrypted connection carrying yamux, of the last connection dialed. */
  get below(): MessageStream {
    if (this.#below.stream === undefined) throw new Error('dial first')
    return this.#below.stream
  }

  async stop(): Promise<void> {
    this.#attack.abort()
    await this.node.stop()
  }
}

/** Opens a stream of the protocol, and sends `bytes`. The caller may read the answers. */
export async function openStream(connection: Connection, ...bytes: Uint8Array[]): Promise<Stream> {
  const stream = await connection.newStream(PROTOCOL)
  for (const piece of bytes) send(stream, piece)
  return stream
}

/** Sends `bytes` if the stream is open. */
export function send(stream: MessageStream, bytes: Uint8Array): void {
  // The other side may have reset the stream already, as it should.
  if (stream.status === 'open') stream.send(bytes)
}

interface Line {
  readonly status: MessageStreamStatus
  addEventListener(type: 'close', listener: () => void, options: { once: true }): void
}

/** Resolves when the stream, or the connection, has ended. */
export function ended(line: Line): Promise<void> {
  if (line.status === 'closed' || line.status === 'aborted' || line.status === 'reset') return Promise.resolve()
  return new Promise((resolve) => line.addEventListener('close', () => resolve(), { once: true }))
}

function watched(factory: StreamMuxerFactory, below: { stream: MessageStream | undefined }): StreamMuxerFactory {
  const createStreamMuxer = factory.createStreamMuxer.bind(factory)
  factory.createStreamMuxer = (stream) => {
    below.stream = stream
    return createStreamMuxer(stream)
  }
  return factory
}
