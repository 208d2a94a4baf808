import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { deleteDB, openDB } from 'idb'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ROOT_PATH } from '../../trie/path.ts'
import { SCHEMA_VERSION } from '../constants.ts'
import { pagesOf, stateOf } from '../fixture.suite.ts'
import { openStateStore } from '../state-store.ts'
import { openDatabase } from './database.ts'
import { MIGRATIONS } from './migrations.ts'
import { createVersion1 } from './version-1.suite.ts'

let name: string
beforeEach(() => {
  name = `test-${crypto.randomUUID()}`
})
afterEach(() => deleteDB(name))

/** Reads the contents of each object store, and the version. */
async function dump() {
  const database = await openDB(name)
  const records: Record<string, unknown> = {}
  for (const store of database.objectStoreNames) {
    records[store] = await Promise.all([database.getAllKeys(store), database.getAll(store)])
  }
  database.close()
  return { version: database.version, records }
}

describe('MIGRATIONS', () => {
  test('default: there is a step to each version', () => {
    expect(MIGRATIONS).toHaveLength(SCHEMA_VERSION)
  })

  test('behavior: a database of version 1 is readable in full, and the target that was begun goes on', async () => {
    await createVersion1(name)
    const store = await openStateStore({ database: name })
    const { trie, codes } = stateOf(4)
    expect(store.lastComplete()).toMatchObject({ generation: 1, root: trie.root, blockNumber: 7, intact: true })
    const all = await store.source().run(trie.root, { path: ROOT_PATH, hash: trie.root }, 0, Number.MAX_SAFE_INTEGER)
    expect(bytesToHex(all)).toBe(trie.nodes.map(({ blob }) => bytesToHex(blob)).join(''))
    for (const { path, hash, blob } of trie.nodes) expect(await store.reader(1).node(path, hash)).toEqual(blob)
    expect(await store.code(hexToBytes(codes[0]!.hash))).toEqual(codes[0]!.bytes)

    const newer = stateOf(4, 'newer')
    const generation = await store.target({ root: newer.trie.root })
    const { stretches, loose } = await generation.contents()
    const [first, ...rest] = pagesOf(newer.trie.nodes, 300)
    expect(stretches).toEqual([{ start: first!.start, end: first!.end }])
    expect(loose).toHaveLength(1)
    await generation.commit(rest, newer.codes)
    await generation.complete()
    expect(store.lastComplete()).toMatchObject({ generation: 2, root: newer.trie.root, intact: true })
    await store.close()
  })

  test('behavior: what comes of version 1 has the object stores and the schema of one that was made anew', async () => {
    await createVersion1(name)
    const records = await openDatabase(name)
    records.close()
    const migrated = await dump()
    expect(denseOf(migrated.records['meta'])).toEqual([true, false])
    await deleteDB(name)
    const fresh = await openDatabase(name)
    expect(await fresh.get('meta', 'schema')).toBe(SCHEMA_VERSION)
    fresh.close()
    const made = await dump()
    expect(Object.keys(migrated.records)).toEqual(Object.keys(made.records))
    expect(migrated.version).toBe(made.version)
    expect(made.records['identity']).toEqual([['this'], [{ id: expect.any(String), since: expect.any(Number) }]])
    expect(migrated.records['identity']).not.toEqual(made.records['identity'])
  })

  test('behavior: what comes of version 1 is of the chain for which it is opened first', async () => {
    await createVersion1(name)
    const store = await openStateStore({ database: name, chainId: 5 })
    expect(store.lastComplete()).toMatchObject({ generation: 1, intact: true })
    await store.close()
    await expect(openStateStore({ database: name, chainId: 1 })).rejects.toMatchObject({
      code: 'databaseOfOtherChain',
      details: { got: 5, expected: 1 },
    })
    await (await openStateStore({ database: name, chainId: 5 })).close()
  })

  test('behavior: an upgrade that fails half way leaves the old version as it was', async () => {
    await createVersion1(name)
    const before = await dump()
    const refuse = () => {
      throw new DOMException('as the test wants it', 'ConstraintError')
    }
    const createObjectStore = IDBDatabase.prototype.createObjectStore
    IDBDatabase.prototype.createObjectStore = refuse
    await expect(openDatabase(name)).rejects.toMatchObject({
      code: 'databaseFailed',
      cause: { name: 'ConstraintError' },
    })
    IDBDatabase.prototype.createObjectStore = createObjectStore
    expect(await dump()).toEqual(before)
    const store = await openStateStore({ database: name })
    expect(store.lastComplete()).toMatchObject({ generation: 1, intact: true })
    await store.close()
  })
})

/** For each generation, the field `dense`. */
function denseOf(meta: unknown): unknown[] {
  const [keys, values] = meta as [string[], Record<string, unknown>[]]
  return values.filter((_, i) => keys[i]!.startsWith('generation:')).map(({ dense }) => dense)
}
