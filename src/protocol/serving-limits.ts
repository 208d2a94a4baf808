/** What a responder does for its peers at most, as one object: a server's operator or a tab's application may set any of it. */
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
 * SPEC.md says what a peer sees of each. A peer is whoever has a peer id, whatever its streams and connections; a host is
 * where peers come from: an IPv4 address, or the first 64 bits of an IPv6 address.
 */
export interface ServingLimits {
  /** Requests of a peer. What comes faster waits. */
  readonly requests: Rate
  /** Bytes of a peer's requests and of the answers to it. What comes faster waits; an answer may run ahead of the rate. */
  readonly bytes: Rate
  /** Requests of a peer that are read and sent at a time. The others wait. */
  readonly servedAtOnce: number
  /** Requests of all peers that are read at a time. The others wait; hosts take turns, and the peers of a host. */
  readonly readAtOnce: number
  /** Streams of a peer, of a host, and of all. A further one is reset. */
  readonly streamsPerPeer: number
  readonly streamsPerHost: number
  readonly streams: number
  /** Bytes that are held for all peers, and for those of one host: requests, and answers that are not sent yet. Beyond, the oldest is reset. */
  readonly heldBytes: number
  readonly heldBytesPerHost: number
  /** The first Status takes no longer, or the stream is reset. */
  readonly greetingMs: number
  /** A message takes no longer from its first byte to its last, or the stream is reset. */
  readonly messageMs: number
  /** No answer is read for longer; then it has what was read. */
  readonly servingMs: number
  /** No answer waits for longer until the peer takes it, or the stream is reset. */
  readonly sendingMs: number
}

/** The limits of a server that has no reason for others. */
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
