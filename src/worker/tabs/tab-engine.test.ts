import { describe, expect, test } from 'vitest'
import type { MetaValue } from '../../store/format/record-types.ts'
import { settle } from '../../testing/manual-clock.ts'
import { HEARTBEAT_MS, SILENT_BEATS } from '../constants.ts'
import { ADDRESS, bytesOf, NEWER, OLDER, type OpenTab, Tabs } from './tab-fixture.suite.ts'

/** Returns the outcome of a promise so far: its error or value, or `pending`. */
function watch(promise: Promise<unknown>): { outcome: unknown } {
  const watched: { outcome: unknown } = { outcome: 'pending' }
  promise.then(
    (value) => {
      watched.outcome = value
    },
    (error: { code?: string }) => {
      watched.outcome = error.code ?? error
    },
  )
  return watched
}

const progressIds = ({ events }: OpenTab) => events.flatMap((event) => (event.kind === 'progress' ? [event.id] : []))

async function complete({ engine, engines }: OpenTab, root: string): Promise<void> {
  const done = engine.sync(0, { root })
  await settle()
  await engines[0]!.finish()
  await done
  await settle()
}

/** Opens two tabs or more, the first of which has synced the older state. */
async function synced(...names: string[]) {
  const tabs = new Tabs()
  const open: OpenTab[] = []
  for (const name of names) open.push(await tabs.open(name))
  const first = open[0]!
  await complete(first, OLDER)
  return { tabs, open, first, second: open[1]!, third: open[2]! }
}

describe('openTabEngine', () => {
  test('default: one tab writes; the others read what it has completed, from the disk', async () => {
    const { tabs, open, second } = await synced('a', 'b', 'c')
    expect(tabs.log).toEqual(['a opens'])
    for (const { engine } of open) {
      expect(await engine.status()).toMatchObject({ complete: { root: OLDER, blockNumber: null, intact: true } })
      expect(await engine.getAccount(ADDRESS, undefined)).toEqual({ root: OLDER, value: null })
    }
    expect(await Promise.all(open.map(({ engine }) => engine.role()))).toEqual(['writer', 'follower', 'follower'])
    await open[0]!.engines[0]!.store.close() // the writer could answer nothing now
    expect(await second.engine.getCode(ADDRESS, 'complete')).toEqual({ root: OLDER, value: '0x' })
  })

  test('behavior: a sync that a follower asks for runs in the writer, and both are told of it', async () => {
    const { tabs, first, second } = await synced('a', 'b')
    expect(await second.engine.status()).toMatchObject({ complete: { root: OLDER } })
    const done = watch(second.engine.sync(7, { root: NEWER }))
    await settle()
    expect(first.engines[0]!.started).toEqual([OLDER, NEWER])
    first.engines[0]!.progress()
    await settle()
    expect(progressIds(first)).toEqual([null])
    expect(progressIds(second)).toEqual([7])
    await first.engines[0]!.finish()
    await settle()
    expect(done.outcome).toMatchObject({ phase: 'complete', root: NEWER })
    expect(await second.engine.status()).toMatchObject({ complete: { root: NEWER } })
    expect(await second.engine.getAccount(ADDRESS, undefined)).toEqual({ root: NEWER, value: null })
    expect(tabs.log).toEqual(['a opens'])
  })

  test('behavior: tabs that ask for the same root share one sync; another root supersedes it for all', async () => {
    const { first, second, third } = await synced('a', 'b', 'c')
    const calls = [first, second].map(({ engine }) => watch(engine.sync(1, { root: NEWER })))
    await settle()
    expect(first.engines[0]!.started).toEqual([OLDER, NEWER])
    const other = watch(third.engine.sync(1, { root: OLDER }))
    await settle()
    expect(calls.map(({ outcome }) => outcome)).toEqual(['superseded', 'superseded'])
    await first.engines[0]!.finish()
    await settle()
    expect(other.outcome).toMatchObject({ phase: 'complete' })
  })

  test('behavior: the second sync of one tab to the same root takes the place of its first', async () => {
    const { first, second } = await synced('a', 'b')
    const calls = [1, 2].map((id) => watch(second.engine.sync(id, { root: NEWER })))
    await settle()
    expect(calls.map(({ outcome }) => outcome)).toEqual(['superseded', 'pending'])
    expect(first.engines[0]!.started).toEqual([OLDER, NEWER])
    first.engines[0]!.progress()
    await settle()
    expect(progressIds(second)).toEqual([2])
  })

  test('behavior: cancel in any tab that shares the sync ends it for all; then the same root is a new sync', async () => {
    const { first, second } = await synced('a', 'b')
    const calls = [first, second].map(({ engine }) => watch(engine.sync(1, { root: NEWER })))
    await settle()
    await second.engine.cancel(8) // not one of its syncs
    void second.engine.cancel(1)
    const next = watch(second.engine.sync(2, { root: NEWER }))
    await settle()
    expect(calls.map(({ outcome }) => outcome)).toEqual(['cancelled', 'cancelled'])
    expect(next.outcome).toBe('pending')
    expect(first.engines[0]!.started).toEqual([OLDER, NEWER, NEWER])
  })

  test('behavior: a tab that leaves ends its own call only; the sync ends with the last that wants it', async () => {
    const { first, second, third } = await synced('a', 'b', 'c')
    const calls = [first, second, third].map(({ engine }) => watch(engine.sync(1, { root: NEWER })))
    await settle()
    await second.engine.leave(8) // not one of its syncs
    await second.engine.leave(1)
    await settle()
    expect(calls.map(({ outcome }) => outcome)).toEqual(['pending', 'cancelled', 'pending'])
    await first.engine.leave(1)
    await settle()
    expect(calls.map(({ outcome }) => outcome)).toEqual(['cancelled', 'cancelled', 'pending'])
    first.engines[0]!.progress()
    await third.engine.leave(1)
    await settle()
    expect(calls[2]!.outcome).toBe('cancelled')
    expect(() => first.engines[0]!.progress()).toThrow() // nothing runs
    await third.engine.leave(1)
    const next = watch(second.engine.sync(2, { root: NEWER }))
    await settle()
    expect(next.outcome).toBe('pending')
    expect(first.engines[0]!.started).toEqual([OLDER, NEWER, NEWER])
  })

  test.each([
    ['killed', async ({ tab }: OpenTab) => tab.kill()],
    ['closed', ({ engine }: OpenTab) => engine.close()],
  ])('behavior: a tab that was %s wants nothing any more; one that is frozen does', async (_, end) => {
    const { first, second, third } = await synced('a', 'b', 'c')
    const calls = [first, second, third].map(({ engine }) => watch(engine.sync(1, { root: NEWER })))
    await settle()
    third.tab.freeze()
    await first.engine.leave(1)
    await end(second)
    await settle()
    first.engines[0]!.progress() // it goes on for the one that is frozen
    await third.tab.thaw()
    await third.engine.leave(1)
    await settle()
    expect(calls[2]!.outcome).toBe('cancelled')
    expect(() => first.engines[0]!.progress()).toThrow()
  })

  test('behavior: what a tab wants is kept when another takes over, and left there', async () => {
    const { tabs, first, second, third } = await synced('a', 'b', 'c')
    const calls = [first, second, third].map(({ engine }) => watch(engine.sync(1, { root: NEWER })))
    await settle()
    first.tab.kill()
    await tabs.waitOutSilence()
    const writer = [second, third].find(({ engines }) => engines.length > 0)!
    await second.engine.leave(1)
    await settle()
    writer.engines[0]!.progress()
    expect(calls[2]!.outcome).toBe('pending')
    await third.engine.leave(1)
    await settle()
    expect([calls[1]!.outcome, calls[2]!.outcome]).toEqual(['cancelled', 'cancelled'])
    expect(() => writer.engines[0]!.progress()).toThrow()
  })

  test('behavior: a tab that asks while the last one leaves has its sync', async () => {
    const { first, second } = await synced('a', 'b')
    const left = watch(first.engine.sync(1, { root: NEWER }))
    await settle()
    const leaving = first.engine.leave(1)
    const call = watch(second.engine.sync(1, { root: NEWER }))
    await leaving
    await settle()
    expect([left.outcome, call.outcome]).toEqual(['cancelled', 'pending'])
    await first.engines[0]!.finish()
    await settle()
    expect(call.outcome).toMatchObject({ phase: 'complete' })
  })

  test('behavior: what is being synced is asked of the writer, and what no tab has is its error', async () => {
    const tabs = new Tabs()
    const [, second] = [await tabs.open('a'), await tabs.open('b')]
    await expect(second.engine.getAccount(ADDRESS, undefined)).rejects.toMatchObject({ code: 'notSynced' })
    await expect(second.engine.getAccount('0x12', undefined)).rejects.toMatchObject({ code: 'badAddress' })
  })

  test('behavior: while nothing is complete a follower lists no keys for its reads', async () => {
    const tabs = new Tabs()
    const [first, second] = [await tabs.open('a'), await tabs.open('b')]
    for (let i = 0; i < 5; i++) {
      await expect(second.engine.getAccount(ADDRESS, undefined)).rejects.toMatchObject({ code: 'notSynced' })
      expect(await second.engine.status()).toMatchObject({ complete: null })
    }
    expect(tabs.listings).toBe(0)
    await complete(first, OLDER)
    for (let i = 0; i < 5; i++)
      expect(await second.engine.getAccount(ADDRESS, undefined)).toMatchObject({ root: OLDER })
    expect(tabs.listings).toBe(1)
  })

  test('error: a tab of another chain is refused while the database is not empty, also as the next writer', async () => {
    const { tabs, first } = await synced('a')
    await expect(tabs.open('b', 10)).rejects.toMatchObject({
      code: 'databaseOfOtherChain',
      details: { got: 1, expected: 10 },
    })
    await first.engine.close()
    await settle()
    await expect(tabs.open('c', 10)).rejects.toMatchObject({ code: 'databaseOfOtherChain' })
    const last = await tabs.open('d')
    expect(await last.engine.status()).toMatchObject({ complete: { root: OLDER } })
  })

  test('error: a tab that opened the database before it was anybody’s is answered by no writer of another chain', async () => {
    const tabs = new Tabs()
    const first = await tabs.open('a')
    const chain = { store: 'meta', key: 'chain' } as const
    const value = (await tabs.records.get('meta', 'chain')) as MetaValue
    await tabs.records.write([{ kind: 'delete', ...chain }])
    const second = await tabs.open('b', 10)
    await tabs.records.write([{ kind: 'put', ...chain, value }])
    await complete(first, OLDER)
    await expect(second.engine.getAccount(ADDRESS, undefined)).rejects.toMatchObject({ code: 'databaseOfOtherChain' })
    await expect(second.engine.sync(1, { root: NEWER })).rejects.toMatchObject({ code: 'databaseOfOtherChain' })
    await expect(second.engine.status()).rejects.toMatchObject({ code: 'databaseOfOtherChain' })
  })

  test('behavior: a follower that nobody told of a newer root goes on reading the one that it knows', async () => {
    const { first, second } = await synced('a', 'b')
    expect(await second.engine.status()).toMatchObject({ complete: { root: OLDER } })
    // Past the channel: the follower hears nothing, and the generation known to the follower stays until a compaction.
    void first.engines[0]!.sync(99, { root: NEWER })
    await first.engines[0]!.finish()
    expect(await second.engine.getAccount(ADDRESS, undefined)).toMatchObject({ root: OLDER })
  })

  test('behavior: damage that a follower meets is the writer’s to drop, and to tell', async () => {
    const { tabs, second } = await synced('a', 'b')
    for (const key of await tabs.records.keys('pages')) {
      await tabs.records.write([{ kind: 'put', store: 'pages', key, value: Uint8Array.of(1) }])
    }
    const before = (await tabs.records.keys('pages')).length
    await expect(second.engine.getAccount(ADDRESS, undefined)).rejects.toMatchObject({ code: 'damagedPage' })
    expect(await tabs.records.keys('pages')).toHaveLength(before - 1)
  })

  test('behavior: a writer that closes hands its sync on: no call is lost, and what is written is not asked for again', async () => {
    const { tabs, first, second, third } = await synced('a', 'b', 'c')
    const own = watch(first.engine.sync(1, { root: NEWER }))
    const joined = watch(third.engine.sync(4, { root: NEWER }))
    await settle()
    await first.engines[0]!.write(3)
    await first.engine.close()
    await settle()
    expect(own.outcome).toBe('closed')
    expect(tabs.log).toEqual(['a opens', 'b writer', 'b opens'])
    expect(second.engines[0]!.started).toEqual([NEWER])
    const { stretches } = await (await second.engines[0]!.store.target({ root: bytesOf(NEWER) })).contents()
    expect(stretches).toHaveLength(1)
    second.engines[0]!.progress()
    await second.engines[0]!.finish()
    await settle()
    expect(joined.outcome).toMatchObject({ phase: 'complete', root: NEWER })
    expect(progressIds(third)).toEqual([4])
  })

  test('behavior: a writer that is killed is followed by a tab that goes on with its sync, though it never asked for it', async () => {
    const { tabs, first, second } = await synced('a', 'b')
    void first.engine.sync(1, { root: NEWER })
    await settle()
    first.tab.kill()
    await settle()
    expect(tabs.log).toEqual(['a opens', 'b writer', 'b opens'])
    expect(second.engines[0]!.started).toEqual([NEWER])
    // A tab asking for the state now joins.
    const done = watch(second.engine.sync(0, { root: NEWER }))
    await settle()
    expect(second.engines[0]!.started).toEqual([NEWER])
    await second.engines[0]!.finish()
    await settle()
    expect(done.outcome).toMatchObject({ phase: 'complete' })
  })

  test('behavior: what a writer completed and did not live to tell is known with the next one', async () => {
    const { first, third } = await synced('a', 'b', 'c')
    expect(await third.engine.status()).toMatchObject({ complete: { root: OLDER } })
    void first.engines[0]!.sync(99, { root: NEWER })
    await first.engines[0]!.finish()
    first.tab.kill()
    await settle()
    expect(await third.engine.status()).toMatchObject({ complete: { root: NEWER } })
  })

  test('behavior: a writer that beats slowly and is there answers a candidate, and keeps its place', async () => {
    const { tabs, second } = await synced('a', 'b')
    for (let beat = 0; beat < SILENT_BEATS * 4; beat++) {
      await second.tab.pass(HEARTBEAT_MS)
      await settle()
    }
    expect(tabs.log).toEqual(['a opens'])
  })

  test('behavior: a sync that has ended is not begun again by the next writer', async () => {
    const { first, second } = await synced('a', 'b')
    first.tab.kill()
    await settle()
    expect(second.engines[0]!.started).toEqual([])
  })

  test('behavior: a sync that a follower asked for survives that follower', async () => {
    const { first, second } = await synced('a', 'b')
    const done = watch(second.engine.sync(0, { root: NEWER }))
    await settle()
    await second.engine.close()
    await settle()
    expect(done.outcome).toBe('closed')
    await first.engines[0]!.finish()
    expect(await first.engine.getAccount(ADDRESS, undefined)).toEqual({ root: NEWER, value: null })
  })

  test('behavior: a frozen writer is replaced; its late write changes nothing, and it follows', async () => {
    const { tabs, first, second } = await synced('a', 'b')
    const own = watch(first.engine.sync(1, { root: NEWER }))
    await settle()
    first.tab.freeze()
    await tabs.waitOutSilence()
    expect(tabs.log).toEqual(['a opens', 'b writer', 'b opens'])
    expect(second.engines[0]!.started).toEqual([NEWER])
    const before = await tabs.dump()
    await expect(first.engines[0]!.write(3)).rejects.toMatchObject({ code: 'fenced' })
    expect(await tabs.dump()).toEqual(before)
    await first.tab.thaw()
    expect(tabs.log.slice(3)).toEqual(['a follower'])
    await second.engines[0]!.finish()
    await settle()
    expect(own.outcome).toMatchObject({ phase: 'complete', root: NEWER })
    expect(await first.engine.getAccount(ADDRESS, undefined)).toEqual({ root: NEWER, value: null })
  })

  test('behavior: a writer that learns from a refused write that it was replaced follows, and its call goes on', async () => {
    const { tabs, first, second } = await synced('a', 'b')
    const own = watch(first.engine.sync(1, { root: NEWER }))
    await settle()
    first.tab.freeze()
    await tabs.waitOutSilence()
    // A write was under way: the disk's answer arrives ahead of everything else.
    await first.engines[0]!.finish()
    await settle()
    expect(own.outcome).toBe('pending')
    expect(tabs.log.slice(3)).toEqual(['a follower'])
    await first.tab.thaw()
    await second.engines[0]!.finish()
    await tabs.waitOutSilence()
    expect(own.outcome).toMatchObject({ phase: 'complete' })
    expect(tabs.log).toHaveLength(4)
  })

  test('behavior: five tabs: after a close, a kill and a freeze there is one writer each time, and all read the same', async () => {
    const { tabs, open } = await synced('a', 'b', 'c', 'd', 'e')
    const [a, b, c, d, e] = open as [OpenTab, OpenTab, OpenTab, OpenTab, OpenTab]
    const done = [d, e].map(({ engine }) => watch(engine.sync(0, { root: NEWER })))
    await settle()
    await a.engine.close()
    await settle()
    b.tab.kill()
    await settle()
    c.tab.freeze()
    await tabs.waitOutSilence()
    await c.tab.thaw()
    await tabs.waitOutSilence()
    expect(tabs.log.filter((line) => line.endsWith('opens'))).toEqual(['a opens', 'b opens', 'c opens', 'd opens'])
    expect(await Promise.all([c, d, e].map(({ engine }) => engine.role()))).toEqual(['follower', 'writer', 'follower'])
    expect([...b.engines, ...c.engines, ...d.engines].map(({ started }) => started)).toEqual([
      [NEWER],
      [NEWER],
      [NEWER],
    ])
    await d.engines[0]!.finish()
    await settle()
    expect(done.map(({ outcome }) => outcome)).toMatchObject([{ phase: 'complete' }, { phase: 'complete' }])
    for (const { engine } of [c, d, e])
      expect(await engine.getAccount(ADDRESS, undefined)).toMatchObject({ root: NEWER })
  })

  test('behavior: a call that comes while nobody writes waits for the next writer', async () => {
    const { tabs, first, second, third } = await synced('a', 'b', 'c')
    first.tab.freeze()
    const done = watch(third.engine.sync(0, { root: NEWER }))
    await settle()
    expect(done.outcome).toBe('pending')
    await tabs.waitOutSilence()
    expect(second.engines[0]!.started).toEqual([NEWER])
    await second.engines[0]!.finish()
    await settle()
    expect(done.outcome).toMatchObject({ phase: 'complete' })
  })

  test('behavior: what a writer does that was replaced and does not know it yet, reaches nobody', async () => {
    const { tabs, first, second, third } = await synced('a', 'b', 'c')
    first.tab.freeze()
    const done = watch(third.engine.sync(0, { root: NEWER }))
    await settle()
    await tabs.waitOutSilence()
    const before = await tabs.dump()
    await first.tab.thaw() // it finds the call, and begins
    expect(first.engines[0]!.started).toEqual([OLDER, NEWER])
    expect(tabs.log).toEqual(['a opens', 'b writer', 'b opens', 'a follower'])
    expect(await tabs.dump()).toEqual(before)
    tabs.origin.open('x').openChannel().postMessage({ kind: 'beat', writer: 'a/1', term: 1, target: null })
    const read = watch(settle().then(() => third.engine.getAccount(ADDRESS, 'target')))
    await settle()
    await settle()
    expect(read.outcome).toEqual({ root: OLDER, value: null })
    second.engines[0]!.progress()
    await second.engines[0]!.finish()
    await settle()
    expect(done.outcome).toMatchObject({ phase: 'complete' })
    expect([first, third].map(progressIds)).toEqual([[null], [0]])
  })

  test('error: a tab that cannot open the database for writing says so to who waits, and another one takes its place', async () => {
    const { tabs, first, second, third } = await synced('a', 'b', 'c')
    tabs.failures = 1
    const [own, other] = [second, third].map(({ engine }) => watch(engine.sync(0, { root: NEWER })))
    await settle()
    first.tab.kill()
    await settle()
    await tabs.waitOutSilence()
    expect(tabs.log).toEqual(['a opens', 'b writer', 'b follower', 'c writer', 'c opens'])
    expect(String(own!.outcome)).toContain('cannot be opened')
    await third.engines[0]!.finish()
    await settle()
    expect(other!.outcome).toMatchObject({ phase: 'complete' })
  })

  test('error: the first tab rejects if it cannot open the database, and lets go of the lock', async () => {
    const tabs = new Tabs()
    tabs.failures = 1
    await expect(tabs.open('a')).rejects.toThrow('cannot be opened')
    await tabs.open('b')
    expect(tabs.log).toEqual(['b opens'])
  })

  test('behavior: close settles every call, may be called twice, and what comes later is closed', async () => {
    const { second } = await synced('a', 'b')
    const done = watch(second.engine.sync(0, { root: NEWER }))
    await Promise.all([second.engine.close(), second.engine.close()])
    await settle()
    expect(done.outcome).toBe('closed')
    await expect(second.engine.getAccount(ADDRESS, undefined)).rejects.toMatchObject({ code: 'closed' })
    await expect(second.engine.status()).rejects.toMatchObject({ code: 'closed' })
    await expect(second.engine.role()).rejects.toMatchObject({ code: 'closed' })
  })
})
