import { describe, expect, test } from 'vitest'
import type { TraceEvent } from '../runtime/trace-text.ts'
import { debugLines } from './debug.ts'

const EVENT: TraceEvent = { at: 0, scope: 'serving', code: 'left', text: '…abc left\n\u001b[31m', details: {} }

function linesOf(debug: string, event = EVENT): string | undefined {
  let written = ''
  const write = (text: string) => {
    written += text
    return true
  }
  const onTrace = debugLines(debug, { write })
  onTrace?.(event)
  return onTrace === undefined ? undefined : written
}

describe('debugLines', () => {
  test('default: one line with its time and scope, and no control characters', () => {
    expect(linesOf('rootlight')).toBe('1970-01-01T00:00:00.000Z rootlight:serving …abc left [31m\n')
  })

  test.each(['rootlight:*', '*', 'libp2p:*,rootlight:serving', 'rootlight:serv* libp2p'])(
    'behavior: DEBUG=%s names it',
    (debug) => expect(linesOf(debug)).toMatch(/left/),
  )

  test.each(['rootlight:sync', 'rootlight,-rootlight:serving', '*,-rootlight:*'])(
    'behavior: DEBUG=%s leaves it out',
    (debug) => expect(linesOf(debug)).toBe(''),
  )

  test.each(['', 'libp2p:*', 'rootlights', '-rootlight', 'express (.*'])('default: DEBUG=%s traces nothing', (debug) =>
    expect(linesOf(debug)).toBe(undefined),
  )
})
