/**
 * The errors of this folder: what a peer does against the protocol ({@link ProtocolError}), and how a request can end
 * without an answer ({@link RequestError}).
 */
import { type ErrorDetails, RootlightError } from '../trie/error.ts'

/** Each is a rule of SPEC.md that the other side broke. */
export type ProtocolErrorCode =
  /** Not canonical, of another shape, or with a value outside its range. */
  | 'malformedMessage'
  /** A frame that announces more bytes than its receiver accepts. */
  | 'frameTooLarge'
  /** More refs, hashes, roots or spans than a message may have. */
  | 'tooManyItems'
  /** A message code that is reserved or not in use. */
  | 'unknownMessage'
  /** A Status of another version of the protocol. */
  | 'unsupportedVersion'
  /** Something else than a Status as the first message. */
  | 'statusExpected'
  /** An answer sent to a responder, or a request sent to a requester. */
  | 'unexpectedMessage'
  /** An answer to a request that is not open, or of another kind than its request. */
  | 'unexpectedAnswer'
  /** More items or more bytes than were asked for. */
  | 'answerTooLarge'
  /** A request with the id of one that is still open. */
  | 'duplicateRequest'
  /** More requests open at a time than the Status allows. */
  | 'tooManyOpenRequests'
  /** Statuses one behind the other, faster than any state changes. */
  | 'tooManyStatuses'

/** The other side broke the protocol: end the stream and blame the peer. */
export class ProtocolError extends RootlightError<ProtocolErrorCode> {}

/** A {@link ProtocolError} that names the rule, with what came and what the rule allows. */
export function violation(code: ProtocolErrorCode, rule: string, details: ErrorDetails = {}): ProtocolError {
  return new ProtocolError(code, rule, { details })
}

/** {@link violation} for the most frequent code. */
export function malformed(rule: string, details: ErrorDetails = {}): ProtocolError {
  return violation('malformedMessage', `malformed: ${rule}`, details)
}

/** How a request ends without an answer. */
export type RequestErrorCode =
  /** The stream ended, or never began. */
  | 'disconnected'
  /** The caller's signal. */
  | 'aborted'
  /** The peer broke the protocol and was disconnected; `cause` is the {@link ProtocolError}. */
  | 'protocol'
  /** As many requests are open as this peer allows; ask again when one has ended. */
  | 'tooManyRequests'

/** A request that got no answer. Nothing in it blames the peer that has not been blamed already. */
export class RequestError extends RootlightError<RequestErrorCode> {}

/** Why a responder ends a stream whose peer has not broken the protocol. */
export type RefusalCode =
  /** The peer, or all peers together, have as many streams as they may. */
  | 'tooManyStreams'
  /** No Status in time. */
  | 'noStatus'
  /** A message that was begun and not finished in time. */
  | 'slowMessage'
  /** An answer that the peer did not take in time. */
  | 'slowReader'
  /** Too much is held for all peers, and what is held for this one is the oldest. */
  | 'overloaded'

/** A peer that costs too much: end the stream, and blame nobody. */
export class RefusalError extends RootlightError<RefusalCode> {}
