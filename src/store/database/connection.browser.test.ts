/** Connections taken by the browser, seen from the store. The tests do to an `IDBDatabase` what the platform does. */
import { deleteDB } from 'idb'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { hashOf, pagesOf, stateOf } from '../fixture.suite.ts'
import type { Operation } from '../format/record-types.ts'
import { openStateStore } from '../state-store.ts'
import type { ClosedReason } from './connection.ts'
import { openDatabase } from './database.ts'

let name: string
let reasons: ClosedReason[]
/** Every connection to the database, the latest last. */
let opened: IDBDatabase[]
/** Called with each writing transaction, as soon as its requests are made. */
/** Returns false if the transaction was aborted and must not be committed. */
let onWrite: (transaction: IDBTransaction) => boolean

const { open } = IDBFactory.prototype
const { commit } = IDBTransaction.prototype
const onClosed = (reason: ClosedReason) => void reasons.push(reason)

beforeEach(() => {
  name = `test-${crypto.randomUUID()}`
  reasons = []
  opened = []
  onWrite = () => true
  IDBFactory.prototype.open = function (...parameters) {
    const request = open.apply(this, parameters)
    request.addEventListener('success', () => opened.push(request.result))
    return request
  }
  IDBTransaction.prototype.commit = function () {
    if (this.mode === 'readonly' || onWrite(this)) commit.call(this)
  }
})

afterEach(async () => {
  IDBFactory.prototype.open = open
  IDBTransaction.prototype.commit = commit
  await deleteDB(name)
})

/** Follows the specification: running transactions are aborted, the connection is closed, and an event reports this. */
function takeConnection(running?: IDBTransaction): void {
  running?.abort()
  opened.at(-1)!.close()
  opened.at(-1)!.dispatchEvent(new Event('close'))
}

/** Takes the connection in the middle of the next write, once. */
function takeConnectionOnWrite(): void {
  onWrite = (running) => {
    onWrite = () => true
    takeConnection(running)
    return false
  }
}

const put = (byte: number): Operation => {
  return { kind: 'put', store: 'codes', key: Uint8Array.of(byte), value: Uint8Array.of(byte) }
}
const remove = (byte: number): Operation => ({ kind: 'delete', store: 'codes', key: Uint8Array.of(byte) })

describe('Connection', () => {
  test('default: one that the browser has taken is opened again, and nobody notices', async () => {
    const records = await openDatabase(name, { onClosed })
    await records.write([put(1)], 'relaxed')
    takeConnection()
    expect(await records.get('codes', Uint8Array.of(1))).toEqual(Uint8Array.of(1))
    await records.write([put(2)], 'strict')
    expect(await records.keys('codes')).toHaveLength(2)
    expect({ reasons, connections: opened.length }).toEqual({ reasons: [], connections: 2 })
    records.close()
  })

  test('behavior: a write whose transaction was aborted with the connection is done once more, whole', async () => {
    const records = await openDatabase(name, { onClosed })
    await records.write([put(1)], 'relaxed')
    takeConnectionOnWrite()
    await records.write([put(2), remove(1), put(3)], 'relaxed')
    expect(await records.keys('codes')).toEqual([Uint8Array.of(2), Uint8Array.of(3)])
    expect({ reasons, connections: opened.length }).toEqual({ reasons: [], connections: 2 })
    records.close()
  })

  test('behavior: everything that runs when the connection goes shares one new one', async () => {
    const records = await openDatabase(name, { onClosed })
    await records.write([put(1)], 'relaxed')
    takeConnection()
    const reads = Array.from({ length: 8 }, () => records.get('codes', Uint8Array.of(1)))
    expect(await Promise.all([...reads, records.write([put(2)], 'relaxed')])).toHaveLength(9)
    expect(opened).toHaveLength(2)
    records.close()
  })

  test('behavior: a commit in the middle of which the connection goes is on disk in full', async () => {
    const store = await openStateStore({ database: name, onClosed })
    const { trie, codes } = stateOf(200)
    const generation = await store.target({ root: trie.root })
    takeConnectionOnWrite()
    await generation.commit(pagesOf(trie.nodes), codes)
    takeConnectionOnWrite()
    await generation.complete()
    expect(opened).toHaveLength(3)
    await store.close()
    const reopened = await openStateStore({ database: name })
    expect(reopened.lastComplete()).toMatchObject({ root: trie.root, intact: true })
    for (const { path, hash, blob } of trie.nodes) expect(await reopened.reader(1).node(path, hash)).toEqual(blob)
    await reopened.close()
    expect(reasons).toEqual([])
  })

  test('error: a write that fails for another reason is not repeated', async () => {
    const records = await openDatabase(name, { onClosed })
    const impossible = { kind: 'put', store: 'meta', key: 'x', value: (() => 1) as never } as const
    await expect(records.write([put(1), impossible], 'relaxed')).rejects.toMatchObject({ code: 'databaseFailed' })
    expect(opened).toHaveLength(1)
    records.close()
  })

  test('error: a database that was deleted meanwhile is not made anew under the store: evicted', async () => {
    const store = await openStateStore({ database: name, onClosed })
    await store.target({ root: hashOf('root') })
    opened.at(-1)!.close()
    await deleteDB(name)
    const closed = { code: 'databaseClosed', details: { reason: 'evicted' }, cause: { code: 'databaseGone' } }
    await expect(store.target({ root: hashOf('other') })).rejects.toMatchObject(closed)
    expect(reasons).toEqual(['evicted'])
    await expect(store.target({ root: hashOf('other') })).rejects.toMatchObject({ code: 'databaseClosed' })
    await store.close()
    expect(await indexedDB.databases()).not.toContainEqual(expect.objectContaining({ name }))
  })

  test('error: another database that has taken the name is not written to: evicted', async () => {
    const store = await openStateStore({ database: name, onClosed })
    opened.at(-1)!.close()
    await deleteDB(name)
    const other = await openStateStore({ database: name })
    await other.target({ root: hashOf('theirs') })
    await expect(store.target({ root: hashOf('ours') })).rejects.toMatchObject({ code: 'databaseClosed' })
    expect(reasons).toEqual(['evicted'])
    expect((await other.target({ root: hashOf('second') })).number).toBe(2)
    await Promise.all([store.close(), other.close()])
  })

  test('behavior: a deletion that takes the connection is told without waiting for the next operation', async () => {
    let tell = (_: ClosedReason) => {}
    const told = new Promise<ClosedReason>((resolve) => {
      tell = resolve
    })
    const records = await openDatabase(name, { onClosed: (reason) => tell(reason) })
    const database = opened.at(-1)!
    database.close()
    await deleteDB(name)
    database.dispatchEvent(new Event('close'))
    expect(await told).toBe('evicted')
    await expect(records.keys('pages')).rejects.toMatchObject({ code: 'databaseClosed' })
  })

  test('behavior: after eviction the store begins anew', async () => {
    const { trie, codes } = stateOf(40)
    const fill = async () => {
      const store = await openStateStore({ database: name })
      expect(store.lastComplete()).toBeNull()
      const generation = await store.target({ root: trie.root })
      await generation.commit(pagesOf(trie.nodes), codes)
      await generation.complete()
      expect(store.lastComplete()).toMatchObject({ generation: 1, root: trie.root, intact: true })
      await store.close()
    }
    await fill()
    await deleteDB(name)
    await fill()
  })
})
