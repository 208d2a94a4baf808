import type { MessageStream } from '@libp2p/interface'
import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../testing/manual-clock.ts'
import { SilenceWatch } from './silence-watch.ts'

/** A stream controlled by the test. */
class Line extends EventTarget {
  say(type: 'message' | 'close'): void {
    this.dispatchEvent(new Event(type))
  }
}

function setUp(quietMs?: number) {
  const clock = new ManualClock()
  const line = new Line()
  const events: string[] = []
  const watch = new SilenceWatch(clock, {
    ...(quietMs === undefined ? {} : { quietMs }),
    ask: () => events.push(`asked at ${clock.now()}`),
    limitMs: 60,
    onSilence: () => events.push(`silent at ${clock.now()}`),
  })
  watch.start(line as unknown as MessageStream)
  return { clock, line, events, watch }
}

describe('SilenceWatch', () => {
  test('default: asks after a quiet time, and ends what does not answer', () => {
    const { clock, line, events } = setUp(40)
    clock.advance(30)
    line.say('message')
    clock.advance(1_000)
    expect(events).toEqual(['asked at 70', 'silent at 130'])
    expect(clock.pending).toEqual([])
  })

  test('behavior: an answer, in time or within the limit, begins a new quiet time', () => {
    const { clock, line, events } = setUp(40)
    for (let i = 0; i < 3; i++) {
      clock.advance(99)
      line.say('message')
    }
    expect(events).toEqual(['asked at 40', 'asked at 139', 'asked at 238'])
  })

  test('behavior: without a quiet time each byte is owed at once', () => {
    const { clock, line, events } = setUp()
    clock.advance(59)
    line.say('message')
    clock.advance(59)
    line.say('message')
    clock.advance(60)
    expect(events).toEqual(['asked at 0', 'asked at 59', 'asked at 118', 'silent at 178'])
  })

  test('behavior: a thread that slept judges nobody', () => {
    const { clock, line, events } = setUp(40)
    clock.advance(40)
    clock.oversleep(60 * 60_000)
    line.say('message')
    expect(events).toEqual(['asked at 40'])
  })

  test('behavior: nothing is left when the stream or the watch has ended', () => {
    for (const end of ['close', 'stop']) {
      const { clock, line, events, watch } = setUp(40)
      if (end === 'close') line.say('close')
      else watch.stop()
      watch.stop()
      clock.advance(1_000)
      expect(events).toEqual([])
      expect(clock.pending).toEqual([])
    }
  })
})
