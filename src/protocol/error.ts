/**
 * The errors of this folder: a peer's violations ({@link ProtocolError}), requests ending without an answer ({@link
 * RequestError}), and streams ended by our limits ({@link RefusalError}).
 */
import { type ErrorDetails, RootlightError } from '../runtime/error.ts'

/** The rules of SPEC.md, as broken by the other side. */
export type ProtocolErrorCode =
  /** A message not canonical, of another shape, or with a value outside the allowed range. */
  | 'malformedMessage'
  /** A frame announcing more bytes than the receiver accepts. */
  | 'frameTooLarge'
  /** More refs, hashes, roots or spans than a message may have. */
  | 'tooManyItems'
  /** A message code reserved or not in use. */
  | 'unknownMessage'
  /** A Status of another version of the protocol. */
  | 'unsupportedVersion'
  /** A first message other than a Status. */
  | 'statusExpected'
  /** An answer sent to a responder, or a request sent to a requester. */
  | 'unexpectedMessage'
  /** An answer without an open request, or of another kind than the request. */
  | 'unexpectedAnswer'
  /** More items or more bytes than the request allows. */
  | 'answerTooLarge'
  /** A request with the id of a request still open. */
  | 'duplicateRequest'
  /** More requests open at a time than our Status allows. */
  | 'tooManyOpenRequests'
  /** Statuses in a row, faster than any state changes. */
  | 'tooManyStatuses'

/** A violation of the protocol by the other side: end the stream and blame the peer. */
export class ProtocolError extends RootlightError<ProtocolErrorCode> {}

/** Returns a {@link ProtocolError} naming the rule, with the received and the allowed value in `details`. */
export function violation(code: ProtocolErrorCode, rule: string, details: ErrorDetails = {}): ProtocolError {
  return new ProtocolError(code, rule, { details })
}

/** Returns a {@link violation} with the most frequent code. */
export function malformed(rule: string, details: ErrorDetails = {}): ProtocolError {
  return violation('malformedMessage', `malformed: ${rule}`, details)
}

/** The reasons for a request ending without an answer. */
export type RequestErrorCode =
  /** The stream ended, or never began. */
  | 'disconnected'
  /** The caller's signal aborted the request. */
  | 'aborted'
  /** The peer broke the protocol and was disconnected; `cause` is the `ProtocolError`. */
  | 'protocol'
  /** This peer or `maxOpenBytes` allows no further open request; ask again when one has ended. */
  | 'tooManyRequests'

/**
 * A request without an answer. The caller must not blame the peer again: the violation behind `protocol` is reported
 * separately.
 */
export class RequestError extends RootlightError<RequestErrorCode> {}

/** Returns the error for a request given up by the caller's signal. */
export function aborted(signal: AbortSignal | undefined): RequestError {
  return new RequestError('aborted', 'the request was aborted', { cause: signal?.reason })
}

/** The reasons for a responder ending a stream without a violation by the peer. */
export type RefusalCode =
  /** The peer, its host, or all peers together have as many streams as allowed. */
  | 'tooManyStreams'
  /** No Status in time. */
  | 'noStatus'
  /** A message begun and not finished in time. */
  | 'slowMessage'
  /** An answer not taken by the peer in time. */
  | 'slowReader'
  /** Too much is held for a host or for all peers, and this peer's holding is the oldest. */
  | 'overloaded'

/** A peer that costs too much: end the stream without any blame. */
export class RefusalError extends RootlightError<RefusalCode> {}

const REFUSALS: Readonly<Record<RefusalCode, string>> = {
  tooManyStreams: 'as many streams are open as may be',
  noStatus: 'no Status in time',
  slowMessage: 'a message was begun and not finished in time',
  slowReader: 'an answer was not taken in time',
  overloaded: 'too much is held, and this is the oldest',
}

/** Returns the error for ending a stream by our own limits. */
export function refusal(code: RefusalCode): RefusalError {
  return new RefusalError(code, REFUSALS[code])
}
