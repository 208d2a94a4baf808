/**
 * Who is to blame for what, and what follows: the one place that decides it. Pure; `peer.ts` carries the verdict out.
 */

import { ConnectionError } from '../connection-error.ts'
import { EMPTY_SCORE, LIE_BAN_MS, MIN_REQUEST_BYTES, STALL_BAN_MS, TIMEOUT_SCORE, USEFUL_SCORE } from '../constants.ts'
import type { LeaveReason } from '../error.ts'
import type { Outcome } from './outcome.ts'

/** The end of a connection: why, and for how long the peer is kept out (0: it may come back). */
export interface Departure {
  readonly reason: LeaveReason
  readonly banMs: number
  /** What happened, for whoever reads the list of peers. */
  readonly message?: string
  /** Not a byte came where one was due: each time in a row that a peer leaves so, it is kept out for longer. */
  readonly isSilent?: boolean
}

/** What follows from an outcome. */
export interface Verdict {
  readonly score: number
  /** Ask for half as much from now on. */
  readonly halve: boolean
  /** The peer has to leave. */
  readonly departure?: Departure
}

/** A peer that broke the protocol's own limits leaves like a liar. */
export function protocolViolation(message: string): Departure {
  return { reason: 'protocolViolation', banMs: LIE_BAN_MS, message }
}

/** Nobody has answered a dial, or not to its end, in the time that it has. */
export function silentDial(message: string): Departure {
  return { reason: 'dialFailed', banMs: STALL_BAN_MS, message, isSilent: true }
}

/** What follows from the `error` that ended a connection, if that says who is to blame. */
export function departureOf(error: unknown): Departure | undefined {
  if (!(error instanceof ConnectionError)) return undefined
  const message = `${error.code}: ${error.message}`
  switch (error.code) {
    case 'muxerViolation':
      return protocolViolation(message)
    case 'silentPeer':
      return { reason: 'stalled', banMs: STALL_BAN_MS, message, isSilent: true }
    default:
      return error.code satisfies never
  }
}

/** What follows from `outcome`. */
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
