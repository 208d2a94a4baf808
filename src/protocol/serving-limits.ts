/**
 * The most that a responder does for its peers, as one object. A server's operator or a tab's application may set each
 * limit.
 */
import {
  BYTES_PER_SECOND,
  GREETING_MS,
  MAX_HELD_BYTES,
  MAX_HELD_BYTES_PER_HOST,
  MAX_SERVING_MS,
  MAX_STREAMS,
  MESSAGE_MS,
  READ_AT_ONCE,
  REQUESTS_PER_SECOND,
  SENDING_MS,
  SERVED_AT_ONCE,
  STREAMS_PER_HOST,
  STREAMS_PER_PEER,
} from './constants.ts'
import type { Rate } from './gcra.ts'

/**
 * The limits of serving; SPEC.md describes the effect of each on a peer. A peer is one peer id, over all streams and
 * connections. A host is an IPv4 address, or the first 64 bits of an IPv6 address.
 */
export interface ServingLimits {
  /** Requests of a peer. Faster ones wait. */
  readonly requests: Rate
  /** Bytes of a peer's requests and of the answers. Faster ones wait; an answer may run ahead of the rate. */
  readonly bytes: Rate
  /** Requests of a peer being read or sent at a time. Further ones wait. */
  readonly servedAtOnce: number
  /** Requests of all peers being read at a time. Further ones wait: hosts take turns, and so do the peers of a host. */
  readonly readAtOnce: number
  /** Streams of a peer, of a host, and of all peers. A further stream is reset. */
  readonly streamsPerPeer: number
  readonly streamsPerHost: number
  readonly streams: number
  /**
   * Bytes held for all peers, and for the peers of one host: requests, and answers not sent yet. Beyond, the stream
   * with the oldest holding is reset.
   */
  readonly heldBytes: number
  readonly heldBytesPerHost: number
  /** Milliseconds for the first Status; then the stream is reset. */
  readonly greetingMs: number
  /** Milliseconds from a message's first byte to the last; then the stream is reset. */
  readonly messageMs: number
  /** Milliseconds of reading for one answer. The answer then carries the items read so far. */
  readonly servingMs: number
  /** Milliseconds for the peer to take an answer; then the stream is reset. */
  readonly sendingMs: number
}

/** The limits of a server without a reason for others. */
export const DEFAULT_SERVING_LIMITS: ServingLimits = {
  requests: { perSecond: REQUESTS_PER_SECOND, burst: REQUESTS_PER_SECOND },
  bytes: { perSecond: BYTES_PER_SECOND, burst: BYTES_PER_SECOND },
  servedAtOnce: SERVED_AT_ONCE,
  readAtOnce: READ_AT_ONCE,
  streamsPerPeer: STREAMS_PER_PEER,
  streamsPerHost: STREAMS_PER_HOST,
  streams: MAX_STREAMS,
  heldBytes: MAX_HELD_BYTES,
  heldBytesPerHost: MAX_HELD_BYTES_PER_HOST,
  greetingMs: GREETING_MS,
  messageMs: MESSAGE_MS,
  servingMs: MAX_SERVING_MS,
  sendingMs: SENDING_MS,
}
