/** Waits for the browser to open or delete a database, with an end to its silence. */
import { type Clock, systemClock } from '../../runtime/clock.ts'
import { startDeadline } from '../../runtime/deadline.ts'
import { BLOCKED_GRACE_MS, SILENCE_MS } from '../constants.ts'
import { StoreError } from '../errors.ts'
import { codedError } from './database-error.ts'

export interface WaitLimits {
  /** The longest wait for another connection to let go, in milliseconds. */
  readonly graceMs?: number
  /** The longest silence of the browser, in milliseconds. */
  readonly silenceMs?: number
  readonly clock?: Clock
}

/** The signs of a request before its end. */
export interface Signs {
  /** Another connection holds the database. */
  readonly blocked: () => void
  /** The request is under way, and will end. */
  readonly heard: () => void
}

/**
 * Runs `start` to its end. Rejects after `silenceMs` without a sign, or `graceMs` after a report of being blocked;
 * `late` gets a value arriving afterwards.
 */
export function patiently<T>(
  name: string,
  { graceMs = BLOCKED_GRACE_MS, silenceMs = SILENCE_MS, clock = systemClock }: WaitLimits,
  start: (signs: Signs) => Promise<T>,
  late: (value: T) => void = () => {},
): Promise<T> {
  return new Promise((resolve, reject) => {
    let isLate = false
    const limit = (ms: number, code: 'databaseBlocked' | 'databaseSilent', message: string) => {
      const giveUp = () => {
        isLate = true
        reject(new StoreError(code, message, { details: { database: name, waitedMs: ms } }))
      }
      // The disk has nothing to do with the network.
      return startDeadline(clock, ms, giveUp, { countsOffline: true })
    }
    let heard = limit(silenceMs, 'databaseSilent', `the browser does not answer for the database "${name}"`)
    const signs: Signs = {
      heard: () => heard(),
      // Connections about to close block, too, for some milliseconds.
      blocked: () => {
        heard()
        heard = limit(graceMs, 'databaseBlocked', `another connection holds the database "${name}"`)
      },
    }
    start(signs).then(
      (value) => {
        heard()
        if (isLate) late(value)
        else resolve(value)
      },
      (cause) => {
        heard()
        reject(codedError(cause))
      },
    )
  })
}
