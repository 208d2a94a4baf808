/** The end of a peer's connection: why, and what follows for the peer. Pure. */
import { ConnectionError } from './connection-error.ts'
import { LIE_BAN_MS, STALL_BAN_MS } from './constants.ts'
import type { LeaveReason } from './error.ts'

/** The end of a connection, or of a dial. */
export interface Departure {
  readonly reason: LeaveReason
  /** The length of the ban, in milliseconds; 0: the peer may come back at once. */
  readonly banMs: number
  /** A description for readers of the peer list. */
  readonly message?: string
  /** True if the peer sent no byte when one was due. Each such departure in a row makes the ban longer. */
  readonly isSilent?: boolean
}

/** Returns the departure of a peer for breaking the protocol's limits. The ban is as long as a liar's. */
export function protocolViolation(message: string): Departure {
  return { reason: 'protocolViolation', banMs: LIE_BAN_MS, message }
}

/** Returns the departure of a peer without an answer to a dial, or without a complete one. */
export function silentDial(message: string): Departure {
  return { reason: 'dialFailed', banMs: STALL_BAN_MS, message, isSilent: true }
}

/** Returns the departure for the `error` ending a connection; undefined if the error blames no peer. */
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
