import { concatBytes } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import { ManualClock } from '../testing/manual-clock.ts'
import { STATUS_BURST, STATUSES_PER_SECOND } from './constants.ts'
import { encodeAnswer, encodeStatus } from './encode.ts'
import { statusOf } from './messages.ts'
import { Session } from './session.ts'
import type { WireHandler } from './wire.ts'

const STATUS = concatBytes(...encodeStatus(statusOf(1)))
const ANSWER = concatBytes(...encodeAnswer({ kind: 'nodes', id: 1, items: [] }))

/** Returns a session on a wire still delivering after its end, like a stream closed on one side only. */
function setUp(onStatus: (session: Session) => void = () => {}) {
  const log: string[] = []
  const clock = new ManualClock()
  let opened: WireHandler | undefined
  const session = new Session({
    wire: {
      open: (handler) => {
        opened = handler
      },
      send: async () => {},
      close: () => log.push('close'),
      abort: (error) => log.push(`abort: ${error.message}`),
    },
    maxFrameBytes: 1000,
    clock,
    handler: {
      onStatus() {
        log.push('status')
        onStatus(session)
      },
      onMessage: ({ kind }) => log.push(kind),
      onEnd: (error) => log.push(`end: ${error}`),
    },
  })
  session.open(statusOf(1))
  return { session, log, clock, wire: opened! }
}

describe('Session', () => {
  test('default: passes messages on, and its end once', () => {
    const { log, wire } = setUp()
    wire.onChunk(concatBytes(STATUS, ANSWER))
    wire.onClose()
    wire.onClose(new Error('late'))
    expect(log).toEqual(['status', 'nodes', 'end: undefined'])
  })

  test('behavior: nothing is passed on after the end, neither of later chunks nor of the same one', () => {
    const later = setUp()
    later.session.close()
    later.wire.onChunk(STATUS)
    expect(later.log).toEqual(['close', 'end: undefined'])
    expect(later.session.bytesReceived).toBe(0)
    const same = setUp((session) => session.close())
    same.wire.onChunk(concatBytes(STATUS, ANSWER))
    expect(same.log).toEqual(['status', 'close', 'end: undefined'])
  })

  test('behavior: a Status each time that a state changes is welcome', () => {
    const { log, clock, wire } = setUp()
    for (let i = 0; i < 1000; i++) {
      wire.onChunk(STATUS)
      clock.advance(1000 / STATUSES_PER_SECOND)
    }
    expect(log).toHaveLength(1000)
  })

  test('error: tooManyStatuses: one behind the other', () => {
    const { log, wire } = setUp()
    for (let i = 0; i < 1000; i++) wire.onChunk(STATUS)
    expect(log.filter((entry) => entry === 'status')).toHaveLength(STATUS_BURST)
    expect(log.at(-1)).toContain('more Statuses')
  })

  test('error: whatever a handler throws ends the session', () => {
    const { log, wire } = setUp(() => {
      throw new Error('our bug')
    })
    wire.onChunk(STATUS)
    expect(log).toEqual(['status', 'abort: our bug', 'end: Error: our bug'])
  })
})
