import { deleteDB, openDB } from 'idb'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { deleteStateDatabase } from '../../testing/delete-state-database.ts'
import { SCHEMA_VERSION } from '../constants.ts'
import { hashOf, pagesOf, stateOf } from '../fixture.suite.ts'
import type { Operation } from '../format/record-types.ts'
import { openStateStore } from '../state-store.ts'
import { storeSuite } from '../store.suite.ts'
import type { ClosedReason } from './connection.ts'
import { openDatabase } from './database.ts'
import { takeOver } from './fenced-records.ts'
import type { Records } from './records.ts'

const fresh = () => `test-${crypto.randomUUID()}`

storeSuite(async () => {
  const name = fresh()
  const open: Records[] = []
  const connect = async () => {
    const records = await openDatabase(name)
    open.push(records)
    return records
  }
  const dispose = async () => {
    for (const records of open) records.close()
    await deleteStateDatabase(name)
  }
  return { connect, dispose }
})

let name: string
beforeEach(() => {
  name = fresh()
})
afterEach(() => deleteDB(name))

const put = (byte: number): Operation => {
  return { kind: 'put', store: 'codes', key: Uint8Array.of(byte), value: Uint8Array.of(byte) }
}

describe('openDatabase', () => {
  test('default: what was written is there after reopening, keys in byte order', async () => {
    const records = await openDatabase(name)
    await records.write([put(7), put(200), put(1)], 'strict')
    records.close()
    const reopened = await openDatabase(name)
    expect(await reopened.keys('codes')).toEqual([Uint8Array.of(1), Uint8Array.of(7), Uint8Array.of(200)])
    expect(await reopened.get('codes', Uint8Array.of(200))).toEqual(Uint8Array.of(200))
    expect(await reopened.get('codes', Uint8Array.of(2))).toBeUndefined()
    reopened.close()
  })

  test('error: a write of which one request throws does nothing at all', async () => {
    const records = await openDatabase(name)
    const impossible = { kind: 'put', store: 'meta', key: 'x', value: (() => 1) as never } as const
    await expect(records.write([put(1), impossible, put(2)], 'relaxed')).rejects.toMatchObject({
      code: 'databaseFailed',
      cause: { name: 'DataCloneError' },
    })
    expect(await records.keys('codes')).toEqual([])
    await records.write([put(3)], 'relaxed')
    expect(await records.keys('codes')).toHaveLength(1)
    records.close()
  })

  test('error: a closed connection rejects everything with databaseClosed', async () => {
    const records = await openDatabase(name)
    records.close()
    records.close()
    await expect(records.get('meta', 'schema')).rejects.toMatchObject({ code: 'databaseClosed' })
    await expect(records.keys('pages')).rejects.toMatchObject({ code: 'databaseClosed' })
    await expect(records.write([put(1)], 'relaxed')).rejects.toMatchObject({ code: 'databaseClosed' })
  })

  test('behavior: an upgrade in another tab is not held up: the connection closes and says why', async () => {
    const reasons: ClosedReason[] = []
    const records = await openDatabase(name, { onClosed: (reason) => reasons.push(reason) })
    const upgraded = await openDB(name, SCHEMA_VERSION + 1)
    expect(reasons).toEqual(['versionchange'])
    await expect(records.keys('pages')).rejects.toMatchObject({ code: 'databaseClosed' })
    upgraded.close()
  })

  test('error: a database of a newer version is databaseTooNew', async () => {
    const newer = await openDB(name, SCHEMA_VERSION + 1)
    newer.close()
    await expect(openDatabase(name)).rejects.toMatchObject({ code: 'databaseTooNew', cause: { name: 'VersionError' } })
  })

  test('error: a connection to an older version that does not let go is databaseBlocked', async () => {
    const [older] = await stubbornConnection(name)
    const reasons: ClosedReason[] = []
    const opening = openDatabase(name, {
      version: SCHEMA_VERSION + 1,
      graceMs: 0,
      onClosed: (reason) => reasons.push(reason),
    })
    await expect(opening).rejects.toMatchObject({ code: 'databaseBlocked', details: { database: name } })
    older.close() // lets the abandoned opening through after all
    await deleteStateDatabase(name) // rejects if its connection were left
    expect(reasons).toEqual([])
  })
})

describe('the keys of pages', () => {
  const page = (byte: number) => ({ store: 'pages', key: Uint8Array.of(byte) }) as const

  test('default: they are written, deleted and listed with their pages', async () => {
    const records = await openDatabase(name)
    const puts = [1, 2, 3].map((byte): Operation => ({ kind: 'put', ...page(byte), value: Uint8Array.of(byte) }))
    await records.write(puts, 'relaxed')
    await records.write([{ kind: 'delete', ...page(2) }], 'relaxed')
    expect(await records.keys('pages')).toEqual([Uint8Array.of(1), Uint8Array.of(3)])
    expect(await keysOf('pageKeys')).toEqual(await keysOf('pages'))
    await records.write([{ kind: 'clear', store: 'pages' }], 'relaxed')
    expect([await keysOf('pageKeys'), await keysOf('pages')]).toEqual([[], []])
    records.close()
  })

  test('behavior: a key that was damaged is a page that is gone: the state is not intact, and a commit of it heals it', async () => {
    const { trie, codes } = stateOf(60)
    const { root } = trie
    const pages = pagesOf(trie.nodes)
    const store = await openStateStore({ database: name })
    const generation = await store.target({ root })
    await generation.commit(pages, codes)
    await generation.complete()
    await store.close()
    const raw = await openDB(name)
    const [, second] = await raw.getAllKeys('pageKeys')
    await raw.delete('pageKeys', second!)
    await raw.put('pageKeys', 1, new Uint8Array(second as ArrayBuffer).fill(0, 9))
    raw.close()

    const reopened = await openStateStore({ database: name })
    expect(reopened.lastComplete()).toMatchObject({ root, intact: false })
    expect(await reopened.verify()).toMatchObject({ whole: false })
    const again = await reopened.target({ root })
    expect((await again.contents()).stretches).toHaveLength(2)
    await again.commit([pages[1]!], [])
    await again.complete()
    expect(await reopened.verify()).toMatchObject({ whole: true, nodes: trie.nodes.length })
    await reopened.close()
    expect(await keysOf('pageKeys')).toEqual(await keysOf('pages'))
  })

  async function keysOf(store: string) {
    const raw = await openDB(name)
    const keys = await raw.getAllKeys(store)
    raw.close()
    return keys
  }
})

describe('transactions', () => {
  afterEach(() => vi.restoreAllMocks())

  test('behavior: a write is committed before this thread hears of its requests', async () => {
    const records = await openDatabase(name)
    const commits = spyOnCommits('put')
    await records.write([put(1), put(2)], 'relaxed')
    expect(commits).toEqual([['pending', 'pending']])
    records.close()
  })

  test('behavior: a write behind a fence is committed when the fence is known to stand', async () => {
    const records = await takeOver(await openDatabase(name))
    const commits = spyOnCommits('put')
    await records.write([put(1), put(2)], 'relaxed')
    expect(commits).toEqual([['pending', 'pending']])
    records.close()
  })

  test('error: a write that the fence refuses is never committed', async () => {
    const late = await takeOver(await openDatabase(name))
    const records = await takeOver(await openDatabase(name))
    const commits = spyOnCommits('put')
    await expect(late.write([put(1)], 'relaxed')).rejects.toMatchObject({ code: 'fenced' })
    expect(commits).toEqual([])
    expect(await records.keys('codes')).toEqual([])
    for (const open of [late, records]) open.close()
  })

  test('behavior: a read is committed with its request', async () => {
    const records = await openDatabase(name)
    const commits = spyOnCommits('get')
    await records.get('codes', Uint8Array.of(1))
    expect(commits).toEqual([['pending']])
    records.close()
  })
})

/** Records at each commit the states of all requests made through `method`. */
function spyOnCommits(method: 'get' | 'put'): string[][] {
  const requests = vi.spyOn(IDBObjectStore.prototype, method)
  const { commit } = IDBTransaction.prototype
  const commits: string[][] = []
  vi.spyOn(IDBTransaction.prototype, 'commit').mockImplementation(function (this: IDBTransaction) {
    commits.push(requests.mock.results.map(({ value }) => (value as IDBRequest).readyState))
    commit.call(this)
  })
  return commits
}

describe('deleteStateDatabase', () => {
  test('default: everything is gone', async () => {
    const records = await openDatabase(name)
    await records.write([put(1)], 'relaxed')
    records.close()
    await deleteStateDatabase(name)
    const reopened = await openDatabase(name)
    expect(await reopened.keys('codes')).toEqual([])
    reopened.close()
  })

  test('behavior: a database that does not exist is deleted as well', async () => {
    await deleteStateDatabase(name)
  })

  test('error: a connection that does not let go is databaseBlocked; the deletion happens when it is gone', async () => {
    const [connection, asked] = await stubbornConnection(name)
    await expect(deleteStateDatabase(name, { graceMs: 0 })).rejects.toMatchObject({ code: 'databaseBlocked' })
    await asked
    connection.close()
    const reopened = await openDatabase(name)
    expect(await reopened.keys('meta')).toEqual(['fence', 'schema']) // made anew: the stubborn one had no object stores
    reopened.close()
  })

  test('behavior: an open store lets go and says why', async () => {
    const reasons: ClosedReason[] = []
    const store = await openStateStore({ database: name, onClosed: (reason) => reasons.push(reason) })
    await store.target({ root: hashOf('root') })
    await deleteStateDatabase(name)
    expect(reasons).toEqual(['versionchange'])
    await expect(store.target({ root: hashOf('other') })).rejects.toMatchObject({ code: 'databaseClosed' })
    await store.close()
  })
})

describe('openStateStore', () => {
  test('behavior: stores of different names share nothing', async () => {
    const one = await openStateStore({ database: name })
    const other = await openStateStore({ database: `${name}-other` })
    await one.target({ root: hashOf('one') })
    expect((await other.target({ root: hashOf('other') })).number).toBe(1)
    expect((await one.target({ root: hashOf('other') })).number).toBe(2)
    await Promise.all([one.close(), other.close()])
    await deleteStateDatabase(`${name}-other`)
  })

  test('error: a database that cannot be loaded is closed again', async () => {
    const records = await openDatabase(name)
    await records.write([{ kind: 'put', store: 'meta', key: 'schema', value: 'nonsense' }], 'strict')
    records.close()
    await expect(openStateStore({ database: name })).rejects.toMatchObject({ code: 'damagedMeta' })
    await deleteStateDatabase(name) // rejects if a connection were left
  })
})

describe('a browser that does not answer', () => {
  /** Silences all such requests from now on. */
  function mute(method: 'open' | 'deleteDatabase'): void {
    const original = IDBFactory.prototype[method]
    vi.spyOn(IDBFactory.prototype, method).mockImplementation(function (this: IDBFactory, ...args: [string]) {
      const request = original.apply(this, args)
      request.addEventListener = () => {}
      return request
    })
  }
  afterEach(() => vi.restoreAllMocks())

  test('error: an opening without any event is databaseSilent, and so is a deletion', async () => {
    for (const [method, start] of [
      ['open', () => openDatabase(name, { silenceMs: 20 })],
      ['deleteDatabase', () => deleteStateDatabase(`${name}-2`, { silenceMs: 20 })],
    ] as const) {
      mute(method)
      await expect(start()).rejects.toMatchObject({ code: 'databaseSilent', details: { waitedMs: 20 } })
      vi.restoreAllMocks()
    }
    // A connection opened in silence holds the database until garbage collection.
    name = fresh()
  })

  test('behavior: a record that could not be read once is not lost, and a server that was lost once is found again', async () => {
    const records = await openDatabase(name)
    await records.write([put(1)], 'strict')
    for (const failure of ['NotReadableError', 'DataError', 'UnknownError']) {
      const get = IDBObjectStore.prototype.get
      vi.spyOn(IDBObjectStore.prototype, 'get').mockImplementationOnce(() => {
        throw new DOMException('Connection to Indexed Database server lost. Refresh the page to try again', failure)
      })
      expect(await records.get('codes', Uint8Array.of(1))).toEqual(Uint8Array.of(1))
      expect(IDBObjectStore.prototype.get).toHaveBeenCalledTimes(failure === 'UnknownError' ? 3 : 2)
      vi.restoreAllMocks()
      expect(IDBObjectStore.prototype.get).toBe(get)
    }
    vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementationOnce(() => {
      throw new DOMException(
        'Connection to Indexed Database server lost. Refresh the page to try again',
        'UnknownError',
      )
    })
    await records.write([put(2)], 'strict')
    expect(await records.keys('codes')).toHaveLength(2)
    records.close()
  })
})

/** Opens a connection which ignores requests to close, and promises the first such request. */
async function stubbornConnection(database: string) {
  let ask = () => {}
  const asked = new Promise<void>((resolve) => {
    ask = resolve
  })
  return [await openDB(database, SCHEMA_VERSION, { blocking: () => ask() }), asked] as const
}
