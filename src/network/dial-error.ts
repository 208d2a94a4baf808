/** The reasons of failed dials, and messages for whatever a browser rejects with. */
import { type ErrorDetails, isRootlightError, RootlightError } from '../runtime/error.ts'
import { type Departure, departureOf, silentDial } from './departure.ts'
import type { LeaveReason } from './error.ts'

/** A failed dial. The code is the reason in the peer's snapshot; `departure` goes to the peer set. */
export class DialError extends RootlightError<LeaveReason> {
  readonly departure: Departure

  constructor(departure: Departure, options: { details?: ErrorDetails; cause?: unknown } = {}) {
    super(departure.reason, departure.message ?? departure.reason, options)
    this.departure = departure
  }
}

/**
 * Converts `error` to a {@link DialError}. The code is `dialFailed`, unless the error is a {@link DialError} already,
 * blames the peer, or says that a part could not be loaded.
 */
export function asDialError(error: unknown): DialError {
  if (error instanceof DialError) return error
  if (isRootlightError(error, 'loadFailed')) {
    return new DialError({ reason: 'loadFailed', banMs: 0, message: error.message }, { cause: error })
  }
  const blame = departureOf(error)
  // A peer that has not been connected cannot stall.
  if (blame?.isSilent === true) return new DialError(silentDial(describeError(error)), { cause: error })
  if (blame !== undefined) return new DialError(blame, { cause: error })
  return new DialError({ reason: 'dialFailed', banMs: 0, message: describeError(error) }, { cause: error })
}

/** Describes `error`. A failed WebSocket rejects with a DOM event, which has neither name nor message. */
export function describeError(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return describeError(error.errors[0])
  if (error instanceof Error) return error.message
  if (typeof Event !== 'undefined' && error instanceof Event) return `the WebSocket fired '${error.type}'`
  return String(error)
}
