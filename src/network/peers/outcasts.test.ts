import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../testing/manual-clock.ts'
import { LIE_BAN_MS, MAX_OUTCASTS } from '../constants.ts'
import { Outcasts } from './outcasts.ts'

describe('Outcasts', () => {
  test('default: keeps a peer out for a while', () => {
    const clock = new ManualClock()
    const outcasts = new Outcasts(clock)
    outcasts.add('rude')
    expect([outcasts.has('rude'), outcasts.has('polite')]).toEqual([true, false])
    clock.advance(LIE_BAN_MS)
    expect(outcasts.has('rude')).toBe(false)
  })

  test('behavior: of many, the one that did no more for the longest time is forgotten', () => {
    const outcasts = new Outcasts(new ManualClock())
    for (let i = 0; i < MAX_OUTCASTS; i++) outcasts.add(`peer ${i}`)
    outcasts.add('peer 0')
    outcasts.add('one more')
    expect([outcasts.has('peer 0'), outcasts.has('peer 1'), outcasts.has('one more')]).toEqual([true, false, true])
  })
})
