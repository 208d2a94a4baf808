/**
 * Serves a state to whoever opens a stream of the protocol: a responder a stream, one Status for all, and counters of what
 * has crossed the wire. A server's streams come from its libp2p node, those of a tab from its window.
 */
import type { Libp2p } from '@libp2p/interface'
import { Admission } from '../../protocol/admission.ts'
import type { AdmittedStream } from '../../protocol/admitted-stream.ts'
import { PROTOCOL_ID } from '../../protocol/constants.ts'
import { type ProtocolError, RefusalError } from '../../protocol/error.ts'
import type { Answer, Status } from '../../protocol/messages.ts'
import { Responder } from '../../protocol/responder.ts'
import { countItems } from '../../protocol/rlp-view.ts'
import { DEFAULT_SERVING_LIMITS, type ServingLimits } from '../../protocol/serving-limits.ts'
import { type Clock, systemClock } from '../../runtime/clock.ts'
import type { Trace } from '../../runtime/trace.ts'
import type { NodeSource } from '../../trie/node-source.ts'
import { MAX_STREAMS_PER_CONNECTION, MAX_WEBRTC_ANSWER_BYTES, MAX_WEBRTC_IN_FLIGHT_BYTES } from '../constants.ts'
import { guestOf } from '../libp2p/libp2p-caller.ts'
import type { Guest } from '../link.ts'

export interface GuestServerOptions {
  readonly source: NodeSource
  /** What is said to each peer; its limits are enforced. */
  readonly status: Status
  /** {@link DEFAULT_SERVING_LIMITS}, but for these. */
  readonly limits?: Partial<ServingLimits>
  readonly clock?: Clock
  /** Notes each decision; `null` or left out: no notes. */
  readonly trace?: Trace | null | undefined
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
  readonly headers: number
  /** Streams that ended because their peer broke the protocol, and because it was too slow or too much. */
  readonly violations: number
  readonly refusals: number
  /** Bytes of requests and of answers that are held now. */
  readonly heldBytes: number
  /** Bytes of the protocol's frames, without what noise and yamux add. */
  readonly bytesSent: number
  readonly bytesReceived: number
}

export interface ServeOptions extends GuestServerOptions {
  readonly node: Libp2p
}

/** A state that is being served on a libp2p node. */
export interface Serving {
  /** Says a new Status to all peers, now and when they come. */
  setStatus(status: Status): void
  counters(): ServeCounters
  /** Serves no more and ends all streams; the node goes on. May be called twice. */
  stop(): Promise<void>
}

/** Begins to serve. The node must have been started. */
export async function serve({ node, ...options }: ServeOptions): Promise<Serving> {
  const server = new GuestServer(options)
  await node.handle(PROTOCOL_ID, (stream, connection) => server.welcome(guestOf(node, stream, connection)), {
    maxInboundStreams: MAX_STREAMS_PER_CONNECTION,
  })
  return {
    setStatus: (status) => server.setStatus(status),
    counters: () => server.counters(),
    async stop() {
      await node.unhandle(PROTOCOL_ID)
      server.stop()
    },
  }
}

/** Answers whoever it is given. */
export class GuestServer {
  readonly #options: GuestServerOptions
  readonly #responders = new Map<Responder, Guest>()
  readonly #admission: Admission
  readonly #counts = { requests: 0, nodes: 0, codes: 0, headers: 0, violations: 0, refusals: 0 }
  /** Of the streams that have ended. */
  readonly #past = { bytesSent: 0, bytesReceived: 0 }
  #status: Status

  constructor(options: GuestServerOptions) {
    this.#options = options
    this.#status = options.status
    this.#admission = new Admission({ ...DEFAULT_SERVING_LIMITS, ...options.limits }, options.clock ?? systemClock)
  }

  setStatus(status: Status): void {
    this.#status = status
    for (const [responder, guest] of this.#responders) responder.sendStatus(statusFor(guest, status))
  }

  counters(): ServeCounters {
    let { bytesSent, bytesReceived } = this.#past
    for (const responder of this.#responders.keys()) {
      bytesSent += responder.bytesSent
      bytesReceived += responder.bytesReceived
    }
    const { heldBytes } = this.#admission
    return { peers: this.#responders.size, ...this.#counts, heldBytes, bytesSent, bytesReceived }
  }

  /** Ends all streams. May be called twice. */
  stop(): void {
    for (const responder of [...this.#responders.keys()]) responder.close()
  }

  /** Answers `guest` until its stream ends. */
  welcome(guest: Guest): void {
    const { source, clock, onViolation, onFailure, onPeersChange, trace } = this.#options
    const { wire, peerId } = guest
    const admitted = this.#admit(guest)
    if (admitted === undefined) return
    const responder = new Responder({
      wire,
      admitted,
      source,
      status: statusFor(guest, this.#status),
      ...(clock === undefined ? {} : { clock }),
      onServed: (answer) => this.#count(answer, peerId),
      onViolation: (error) => {
        this.#counts.violations++
        trace?.('serving', 'violated', { peer: peerId, reason: `${error.code}: ${error.message}` })
        guest.hangUp()
        onViolation?.(error, peerId)
      },
      onRefusal: (error) => this.#refuse(error, peerId),
      onFailure: (error) => onFailure?.(error),
      onClose: () => this.#bidFarewell(responder),
    })
    trace?.('serving', 'admitted', { peer: peerId, host: guest.host })
    this.#responders.set(responder, guest)
    responder.start()
    onPeersChange?.(this.#responders.size)
  }

  /** Undefined: as many streams are open as may be, and this one is reset. */
  #admit({ wire, peerId, host, isWebRtc }: Guest): AdmittedStream | undefined {
    try {
      return this.#admission.admit({
        peerId,
        host,
        ...(isWebRtc ? { maxSendingBytes: MAX_WEBRTC_IN_FLIGHT_BYTES } : {}),
      })
    } catch (error) {
      if (!(error instanceof RefusalError)) throw error
      wire.abort(error)
      this.#refuse(error, peerId)
      return undefined
    }
  }

  #refuse(error: RefusalError, peerId: string): void {
    this.#counts.refusals++
    this.#options.trace?.('serving', 'refused', { peer: peerId, reason: `${error.code}: ${error.message}` })
    this.#options.onRefusal?.(error, peerId)
  }

  #bidFarewell(responder: Responder): void {
    const guest = this.#responders.get(responder)
    if (guest === undefined) return
    this.#responders.delete(responder)
    this.#options.trace?.('serving', 'left', { peer: guest.peerId })
    this.#past.bytesSent += responder.bytesSent
    this.#past.bytesReceived += responder.bytesReceived
    this.#options.onPeersChange?.(this.#responders.size)
  }

  #count({ kind, items }: Answer, peer: string): void {
    this.#counts.requests++
    const found = items.filter((item) => item.length > 0)
    this.#options.trace?.('serving', 'answered', {
      ...{ peer, kind, items: items.length, found: found.length },
      bytes: found.reduce((sum, item) => sum + item.length, 0),
    })
    if (kind === 'code') this.#counts.codes += found.length
    else if (kind === 'header') this.#counts.headers += found.length
    else for (const nodes of found) this.#counts.nodes += countItems(nodes)
  }
}

/** Over WebRTC an answer is smaller: see {@link MAX_WEBRTC_ANSWER_BYTES}. */
function statusFor({ isWebRtc }: Guest, status: Status): Status {
  if (!isWebRtc) return status
  const maxResponseBytes = Math.min(status.limits.maxResponseBytes, MAX_WEBRTC_ANSWER_BYTES)
  return { ...status, limits: { ...status.limits, maxResponseBytes } }
}
