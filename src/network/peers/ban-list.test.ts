import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../testing/manual-clock.ts'
import { LIE_BAN_MS, MAX_BANS, STALL_BAN_MS } from '../constants.ts'
import { BanList } from './ban-list.ts'

const LIE = { reason: 'lied', banMs: LIE_BAN_MS } as const
const STALL = { reason: 'stalled', banMs: STALL_BAN_MS } as const

describe('BanList', () => {
  test('default: says why and for how long from now on, and ends by itself', () => {
    const clock = new ManualClock()
    const bans = new BanList(clock)
    bans.add('a', LIE)
    clock.advance(LIE_BAN_MS - 1)
    expect(bans.of('a')).toEqual({ ...LIE, banMs: 1 })
    expect(bans.of('b')).toBeUndefined()
    clock.advance(1)
    expect(bans.of('a')).toBeUndefined()
    expect(bans.size).toBe(0)
  })

  test('behavior: what is over is forgotten, whether anybody asks or not', () => {
    const clock = new ManualClock()
    const bans = new BanList(clock)
    for (let i = 0; i < 100; i++) bans.add(`stalled ${i}`, STALL)
    bans.add('liar', LIE)
    clock.advance(STALL_BAN_MS)
    bans.add('another', STALL)
    expect(bans.size).toBe(2)
  })

  test('behavior: there are no more than may be, and the oldest go', () => {
    const bans = new BanList(new ManualClock())
    for (let i = 0; i < 3 * MAX_BANS; i++) bans.add(`peer ${i}`, LIE)
    expect(bans.size).toBe(MAX_BANS)
    expect(bans.of('peer 0')).toBeUndefined()
    expect(bans.of(`peer ${3 * MAX_BANS - 1}`)).toBeDefined()
  })

  test('behavior: a shorter ban does not shorten a longer one', () => {
    const bans = new BanList(new ManualClock())
    bans.add('a', LIE)
    bans.add('a', STALL)
    expect(bans.of('a')).toEqual(LIE)
  })

  test('behavior: silence is pardoned, and nothing else', () => {
    const bans = new BanList(new ManualClock())
    bans.add('liar', LIE)
    bans.add('silent', STALL)
    for (const key of ['liar', 'silent', 'nobody']) bans.pardonSilence(key)
    expect(bans.of('liar')).toEqual(LIE)
    expect(bans.of('silent')).toBeUndefined()
  })
})
