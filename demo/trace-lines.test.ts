import { describe, expect, test } from 'vitest'
import type { TraceEvent } from '../src/index.ts'
import { TraceLines } from './trace-lines.ts'

const eventAt = (at: number): TraceEvent => ({ at, scope: 'sync', code: 'asked', text: `line ${at}`, details: {} })

describe('TraceLines', () => {
  test('default: each line once, with its time', () => {
    const lines = new TraceLines(3)
    lines.add(eventAt(5))
    expect(lines.takeNew()).toEqual([{ time: '00:00:00.005', scope: 'sync', text: 'line 5' }])
    expect(lines.takeNew()).toEqual([])
  })

  test('behavior: of more lines than the limit, the newest stay', () => {
    const lines = new TraceLines(3)
    for (let at = 0; at < 10; at++) lines.add(eventAt(at))
    expect(lines.takeNew().map(({ text }) => text)).toEqual(['line 7', 'line 8', 'line 9'])
  })
})
