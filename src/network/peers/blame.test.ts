import { describe, expect, test } from 'vitest'
import type { Outcome } from '../../sync/peer.ts'
import {
  EMPTY_SCORE,
  LIE_BAN_MS,
  MAX_REQUEST_BYTES,
  MIN_REQUEST_BYTES,
  STALL_BAN_MS,
  TIMEOUT_SCORE,
  USEFUL_SCORE,
} from '../constants.ts'
import { judge, type Verdict } from './blame.ts'

describe('judge', () => {
  test.each<[string, Outcome, Verdict]>([
    [
      'a useful answer raises the score',
      { kind: 'useful', bytes: 1, elapsedMs: 1 },
      { score: USEFUL_SCORE, halve: false },
    ],
    ['an empty answer lowers it', { kind: 'empty' }, { score: EMPTY_SCORE, halve: false }],
    [
      'a timeout halves the capacity',
      { kind: 'timeout', maxBytes: MAX_REQUEST_BYTES },
      { score: TIMEOUT_SCORE, halve: true },
    ],
    [
      'a timeout just above the smallest request halves it too',
      { kind: 'timeout', maxBytes: MIN_REQUEST_BYTES + 1 },
      { score: TIMEOUT_SCORE, halve: true },
    ],
    [
      'a timeout at the smallest request is a stall',
      { kind: 'timeout', maxBytes: MIN_REQUEST_BYTES },
      { score: TIMEOUT_SCORE, halve: false, departure: { reason: 'stalled', banMs: STALL_BAN_MS } },
    ],
    [
      'a lie disconnects and keeps out',
      { kind: 'lie', reason: 'wrong hash' },
      { score: 0, halve: false, departure: { reason: 'lied', banMs: LIE_BAN_MS, message: 'wrong hash' } },
    ],
  ])('default: %s', (_, outcome, verdict) => {
    expect(judge(outcome)).toEqual(verdict)
  })
})
