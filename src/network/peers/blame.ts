/** The one place that judges how a request ended: what follows for the peer asked. Pure; `peer.ts` acts on the verdict. */
import type { Outcome } from '../../sync/peer.ts'
import { EMPTY_SCORE, LIE_BAN_MS, MIN_REQUEST_BYTES, STALL_BAN_MS, TIMEOUT_SCORE, USEFUL_SCORE } from '../constants.ts'
import type { Departure } from '../departure.ts'

/** The consequences of an outcome. */
export interface Verdict {
  /** Points added to the peer's score. */
  readonly score: number
  /** True if the next requests should ask for half as much. */
  readonly halve: boolean
  /** Present if the peer has to leave. */
  readonly departure?: Departure
}

/** Returns the consequences of `outcome`. */
export function judge(outcome: Outcome): Verdict {
  switch (outcome.kind) {
    case 'useful':
      return { score: USEFUL_SCORE, halve: false }
    case 'empty':
      return { score: EMPTY_SCORE, halve: false }
    case 'timeout':
      return outcome.maxBytes > MIN_REQUEST_BYTES
        ? { score: TIMEOUT_SCORE, halve: true }
        : { score: TIMEOUT_SCORE, halve: false, departure: { reason: 'stalled', banMs: STALL_BAN_MS } }
    case 'lie':
      return {
        score: 0,
        halve: false,
        departure: { reason: 'lied', banMs: LIE_BAN_MS, message: outcome.reason },
      }
    default:
      return outcome satisfies never
  }
}
