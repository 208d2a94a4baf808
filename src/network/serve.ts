/**
 * Serves a state to whoever opens a stream of the protocol on a libp2p node: a responder a stream, one Status for all, and
 * counters of what has crossed the wire. For a server now, and for tabs that serve each other later.
 */
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { type Clock, systemClock } from '../protocol/clock.ts'
import { PROTOCOL_ID } from '../protocol/constants.ts'
import { Doorkeeper, type Seat } from '../protocol/doorkeeper.ts'
import { type ProtocolError, RefusalError } from '../protocol/error.ts'
import type { Answer, Status } from '../protocol/messages.ts'
import { Responder } from '../protocol/responder.ts'
import { countItems } from '../protocol/rlp-view.ts'
import { DEFAULT_SERVING_LIMITS, type ServingLimits } from '../protocol/serving-limits.ts'
import type { Wire } from '../protocol/wire.ts'
import type { NodeSource } from '../trie/node-source.ts'
import { inboundGaters } from './connection-limits.ts'
import { MAX_STREAMS_PER_CONNECTION } from './constants.ts'
import { hangUp } from './hang-up.ts'
import { StreamWire } from './stream-wire.ts'

export interface ServeOptions {
  readonly node: Libp2p
  readonly source: NodeSource
  /** What is said to each peer; its limits are enforced. */
  readonly status: Status
  /** {@link DEFAULT_SERVING_LIMITS}, but for these. */
  readonly limits?: Partial<ServingLimits>
  readonly clock?: Clock
  /** A peer has come or gone. */
  readonly onPeersChange?: (peers: number) => void
  /** A peer broke the protocol and was disconnected. */
  readonly onViolation?: (error: ProtocolError, peerId: string) => void
  /** A peer was too slow, or too much: its stream has ended, or was not let in. */
  readonly onRefusal?: (error: RefusalError, peerId: string) => void
  /** The source failed; the stream that asked has ended. */
  readonly onFailure?: (error: unknown) => void
}

/** What was served since the start. */
export interface ServeCounters {
  /** Streams that are open now. */
  readonly peers: number
  readonly requests: number
  readonly nodes: number
  readonly codes: number
  /** Streams that ended because their peer broke the protocol, and because it was too slow or too much. */
  readonly violations: number
  readonly refusals: number
  /** Bytes of requests and of answers that are held now. */
  readonly heldBytes: number
  /** Bytes of the protocol's frames, without what noise and yamux add. */
  readonly bytesSent: number
  readonly bytesReceived: number
}

/** A state that is being served. */
export interface Serving {
  /** Says a new Status to all peers, now and when they come. */
  setStatus(status: Status): void
  counters(): ServeCounters
  /** Serves no more and ends all streams; the node goes on. May be called twice. */
  stop(): Promise<void>
}

/** Begins to serve. The node must have been started. */
export async function serve(options: ServeOptions): Promise<Serving> {
  const service = new ServeService(options)
  await service.start()
  return service
}

class ServeService implements Serving {
  readonly #options: ServeOptions
  readonly #responders = new Set<Responder>()
  readonly #doorkeeper: Doorkeeper
  readonly #counts = { requests: 0, nodes: 0, codes: 0, violations: 0, refusals: 0 }
  /** Of the streams that have ended. */
  readonly #past = { bytesSent: 0, bytesReceived: 0 }
  #status: Status

  constructor(options: ServeOptions) {
    this.#options = options
    this.#status = options.status
    this.#doorkeeper = new Doorkeeper({ ...DEFAULT_SERVING_LIMITS, ...options.limits }, options.clock ?? systemClock)
  }

  async start(): Promise<void> {
    await this.#options.node.handle(PROTOCOL_ID, (stream, connection) => this.#welcome(stream, connection), {
      maxInboundStreams: MAX_STREAMS_PER_CONNECTION,
    })
  }

  setStatus(status: Status): void {
    this.#status = status
    for (const responder of this.#responders) responder.sendStatus(status)
  }

  counters(): ServeCounters {
    let { bytesSent, bytesReceived } = this.#past
    for (const responder of this.#responders) {
      bytesSent += responder.bytesSent
      bytesReceived += responder.bytesReceived
    }
    const { heldBytes } = this.#doorkeeper
    return { peers: this.#responders.size, ...this.#counts, heldBytes, bytesSent, bytesReceived }
  }

  async stop(): Promise<void> {
    await this.#options.node.unhandle(PROTOCOL_ID)
    for (const responder of [...this.#responders]) responder.close()
  }

  #welcome(stream: Stream, connection: Connection): void {
    const { node, source, clock, onViolation, onFailure, onPeersChange } = this.#options
    const wire = new StreamWire(stream)
    const peerId = connection.remotePeer.toString()
    const seat = this.#admit(wire, peerId)
    if (seat === undefined) return
    const responder = new Responder({
      wire,
      seat,
      source,
      status: this.#status,
      ...(clock === undefined ? {} : { clock }),
      onServed: (answer) => this.#count(answer),
      onViolation: (error) => {
        this.#counts.violations++
        void hangUp(connection)
        inboundGaters.get(node)?.strike(connection.remoteAddr)
        onViolation?.(error, peerId)
      },
      onRefusal: (error) => this.#refuse(error, peerId),
      onFailure: (error) => onFailure?.(error),
      onClose: () => this.#bidFarewell(responder),
    })
    this.#responders.add(responder)
    responder.start()
    onPeersChange?.(this.#responders.size)
  }

  /** Undefined: as many streams are open as may be, and this one is reset. */
  #admit(wire: Wire, peerId: string): Seat | undefined {
    try {
      return this.#doorkeeper.admit(peerId)
    } catch (error) {
      if (!(error instanceof RefusalError)) throw error
      wire.abort(error)
      this.#refuse(error, peerId)
      return undefined
    }
  }

  #refuse(error: RefusalError, peerId: string): void {
    this.#counts.refusals++
    this.#options.onRefusal?.(error, peerId)
  }

  #bidFarewell(responder: Responder): void {
    if (!this.#responders.delete(responder)) return
    this.#past.bytesSent += responder.bytesSent
    this.#past.bytesReceived += responder.bytesReceived
    this.#options.onPeersChange?.(this.#responders.size)
  }

  #count({ kind, items }: Answer): void {
    this.#counts.requests++
    if (kind === 'code') this.#counts.codes += items.filter((code) => code.length > 0).length
    else for (const nodes of items) this.#counts.nodes += countItems(nodes)
  }
}
