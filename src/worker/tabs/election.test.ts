import { describe, expect, test } from 'vitest'
import { settle } from '../../testing/manual-clock.ts'
import { FakeOrigin, type FakeTab } from '../../testing/tabs.ts'
import { HEARTBEAT_MS, LOCK_TIMEOUT_MS, SILENT_BEATS, WRITERLESS_BEATS } from '../constants.ts'
import { Election } from './election.ts'
import type { Locks } from './writer-lock.ts'

/**
 * Starts the elections of tabs with these names, in this order. Events are logged in order, and all tabs hear each
 * other.
 */
async function candidates(...names: string[]) {
  const origin = new FakeOrigin()
  const log: string[] = []
  const members: { readonly tab: FakeTab; readonly election: Election }[] = []
  for (const name of names) {
    const tab = origin.open(name)
    const others = (hear: (election: Election) => void) => {
      for (const other of members) if (other.tab !== tab) other.tab.run(() => hear(other.election))
    }
    const election = new Election({
      ...{ locks: tab.locks, name: 'lock', tab: name, clock: tab.clock },
      onElected: () => log.push(`${name} elected`),
      onDeposed: () => log.push(`${name} deposed`),
      onBeat: () => others((other) => other.hearBeat()),
      onWriterless: () => log.push(`${name} writerless`),
      onCandidate: () => {
        log.push(`${name} candidate`)
        others((other) => other.hearCandidate(name))
      },
    })
    members.push({ tab, election })
    if (await election.start()) log.push(`${name} first`)
  }
  const beats = async (count: number) => {
    for (let i = 0; i < count; i++) await origin.pass(HEARTBEAT_MS)
  }
  const [first, second, third] = members
  return { origin, log, beats, first: first!, second: second!, third: third! }
}

/** Beats until a follower suspects the writer, is a candidate, and steals. */
const TAKEOVER_BEATS = SILENT_BEATS + 3

describe('Election', () => {
  test('default: the first is the writer, and the next when it stops', async () => {
    const { log, beats, first, second } = await candidates('a', 'b')
    await beats(TAKEOVER_BEATS * 2)
    expect(log).toEqual(['a first'])
    first.election.stop()
    await settle()
    expect(log).toEqual(['a first', 'b elected'])
    second.election.stop()
  })

  test('behavior: a writer that is killed is followed by whoever stands first in line', async () => {
    const { log, first } = await candidates('c', 'b', 'a')
    first.tab.kill()
    await settle()
    expect(log).toEqual(['c first', 'b elected'])
  })

  test('behavior: a frozen writer is stolen from, once, by the smallest name; thawed, it is deposed and stands in line', async () => {
    const { origin, log, beats, first, second, third } = await candidates('b', 'c', 'a')
    first.tab.freeze()
    await beats(SILENT_BEATS)
    expect(log).toEqual(['b first'])
    await beats(TAKEOVER_BEATS)
    expect(log).toEqual(['b first', 'c candidate', 'a candidate', 'a elected'])
    await first.tab.thaw()
    expect(log.slice(4)).toEqual(['b deposed'])
    await beats(TAKEOVER_BEATS * 2)
    third.election.stop()
    await settle()
    // In line since the beginning; the deposed tab stands behind.
    expect(log.slice(5)).toEqual(['c elected'])
    second.election.stop()
    await settle()
    expect(log.slice(6)).toEqual(['b elected'])
    expect(origin.holder).toBe('b')
  })

  test('behavior: a follower that got the lock while it was frozen is stolen from as well', async () => {
    const { log, beats, first, second } = await candidates('a', 'b', 'c')
    second.tab.freeze()
    first.tab.kill()
    await beats(TAKEOVER_BEATS)
    expect(log).toEqual(['a first', 'c candidate', 'c elected'])
    await second.tab.thaw()
    await beats(TAKEOVER_BEATS)
    expect(log).toHaveLength(3)
  })

  test('behavior: a tab that has slept suspects nobody', async () => {
    const { log, beats, first, second } = await candidates('a', 'b')
    for (const { tab } of [first, second]) tab.freeze()
    await beats(TAKEOVER_BEATS * 2)
    for (const { tab } of [second, first]) await tab.thaw()
    await beats(TAKEOVER_BEATS)
    expect(log).toEqual(['a first'])
  })

  test('behavior: a writer that resigns stands in line behind the others', async () => {
    const { log, beats, first, second } = await candidates('a', 'b')
    first.election.resign()
    await beats(2)
    second.election.resign()
    await beats(2)
    expect(log).toEqual(['a first', 'b elected', 'a elected'])
  })

  test('behavior: a follower that stops leaves the line', async () => {
    const { origin, log, first, second } = await candidates('a', 'b')
    second.election.stop()
    first.election.stop()
    await settle()
    expect(log).toEqual(['a first'])
    expect(origin.holder).toBeNull()
  })

  test('error: a browser that does not say whether the lock is free is noWriter; what it grants later is let go', async () => {
    const origin = new FakeOrigin()
    const tab = origin.open('a')
    let grant = () => {}
    const requested = new Promise<unknown>((resolve) => {
      grant = () => resolve(callback({}))
    })
    let callback: (lock: object) => unknown = () => {}
    const locks: Locks = {
      request: (_, __, then) => {
        callback = then
        return requested
      },
    }
    const ignore = () => {}
    const election = new Election({
      ...{ locks, name: 'lock', tab: 'a', clock: tab.clock, onElected: ignore, onDeposed: ignore },
      ...{ onBeat: ignore, onCandidate: ignore, onWriterless: ignore },
    })
    const started = expect(election.start()).rejects.toMatchObject({ code: 'noWriter' })
    await origin.pass(LOCK_TIMEOUT_MS)
    await started
    election.stop()
    grant()
    await expect(requested).resolves.toBeUndefined()
  })

  test('behavior: a tab that hears no writer and gets no lock says so at each beat, until it hears one', async () => {
    const { log, beats, second, first } = await candidates('a', 'b')
    first.tab.freeze()
    second.tab.locks.request = () => new Promise(() => {})
    await beats(WRITERLESS_BEATS)
    expect(log).not.toContain('b writerless')
    await beats(2)
    expect(log.filter((line) => line === 'b writerless')).toHaveLength(2)
    second.election.hearBeat()
    const said = log.length
    await beats(1)
    expect(log).toHaveLength(said)
  })
})
