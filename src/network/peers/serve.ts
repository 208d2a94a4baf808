/**
 * Serves a state to all peers opening streams of the protocol: one responder per stream, one Status for all, and
 * counters of served data. A server's streams come from its libp2p node, a tab's from its window.
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
  /** The Status sent to each peer; its limits are enforced. */
  readonly status: Status
  /** Limits in place of {@link DEFAULT_SERVING_LIMITS}. */
  readonly limits?: Partial<ServingLimits>
  readonly clock?: Clock
  /** Notes each decision; `null` or left out: no notes. */
  readonly trace?: Trace | null | undefined
  /** Called when a stream has begun or ended, with the number of open streams. */
  readonly onPeersChange?: (peers: number) => void
  /** Called when a peer was disconnected for breaking the protocol. */
  readonly onViolation?: (error: ProtocolError, peerId: string) => void
  /** Called when a stream of a peer was ended or refused: too slow, or too many. */
  readonly onRefusal?: (error: RefusalError, peerId: string) => void
  /** Called when the source failed; the asking stream has ended. */
  readonly onFailure?: (error: unknown) => void
}

/** The served data since the start. */
export interface ServeCounters {
  /** The streams open now. */
  readonly peers: number
  readonly requests: number
  readonly nodes: number
  readonly codes: number
  readonly headers: number
  /**
   * The streams ended for a violation of the protocol, and the streams refused or ended for being too slow or too many.
   */
  readonly violations: number
  readonly refusals: number
  /** The bytes of requests and answers held now. */
  readonly heldBytes: number
  /** The bytes of the protocol's frames, without noise and yamux. */
  readonly bytesSent: number
  readonly bytesReceived: number
}

export interface ServeOptions extends GuestServerOptions {
  readonly node: Libp2p
}

/** A state served on a libp2p node. */
export interface Serving {
  /** Sends a new Status to all peers, now and when they connect. */
  setStatus(status: Status): void
  counters(): ServeCounters
  /** Stops serving and ends all streams; the node goes on. May be called twice. */
  stop(): Promise<void>
}

/** Starts to serve on a started node. */
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

/** Serves the given streams. */
export class GuestServer {
  readonly #options: GuestServerOptions
  readonly #responders = new Map<Responder, Guest>()
  readonly #admission: Admission
  readonly #counts = { requests: 0, nodes: 0, codes: 0, headers: 0, violations: 0, refusals: 0 }
  /** The bytes of ended streams. */
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

  /** Serves `guest` until the end of its stream. */
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

  /** Returns undefined if too many streams are open; the new stream is then reset. */
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

/** Returns our Status for `guest`. Over WebRTC answers are smaller: see {@link MAX_WEBRTC_ANSWER_BYTES}. */
function statusFor({ isWebRtc }: Guest, status: Status): Status {
  if (!isWebRtc) return status
  const maxResponseBytes = Math.min(status.limits.maxResponseBytes, MAX_WEBRTC_ANSWER_BYTES)
  return { ...status, limits: { ...status.limits, maxResponseBytes } }
}
