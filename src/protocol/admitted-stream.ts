/** An admitted stream and its pending requests: the contract between a responder and the {@link Admission}. */
import type { Work } from '../trie/node-source.ts'
import type { RefusalError } from './error.ts'
import type { ServingLimits } from './serving-limits.ts'

/** A request pending until its turn. */
export interface PendingRequest {
  /** Bytes of the request's frame. */
  readonly bytes: number
  /** Refs or hashes. */
  readonly items: number
  /** True for a sync's requests. All other requests of the peer go ahead. */
  readonly isBulk: boolean
  /**
   * Reads the answer, and reports the reading to `work`. Resolves with undefined if the stream has ended meanwhile.
   * Never rejects.
   */
  serve(work: Work): Promise<ReadyAnswer | undefined>
}

/** An answer read from the source, ready to be sent. */
export interface ReadyAnswer {
  readonly bytes: number
  /** Sends the answer. Resolves when the transport has taken the answer, or the stream has ended. Never rejects. */
  send(): Promise<void>
}

/** The admission of one stream. */
export interface AdmittedStream {
  readonly limits: ServingLimits
  /** Takes the function ending the stream; `end` must call {@link end}. Called once, before {@link ask}. */
  begin(end: (error: RefusalError) => void): void
  ask(request: PendingRequest): void
  /** Reports the bytes kept of an incomplete message. 0: no message has begun. */
  receiving(bytes: number): void
  /** Counts received bytes outside of requests towards the peer's rate and turn. */
  charge(bytes: number): void
  /** Reports the end of the stream. Drops its pending requests. May be called twice. */
  end(): void
}

/** The peer behind a stream, and the capacity of its connection. */
export interface StreamOrigin {
  readonly peerId: string
  /** Peers of one host share the host's turns. Left out: all peers without a known host count as one host. */
  readonly host?: string
  /** Bytes that the connection should carry at a time; a single answer may always go. Left out: no limit. */
  readonly maxSendingBytes?: number
}
