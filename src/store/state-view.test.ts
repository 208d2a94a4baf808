import { describe, expect, test } from 'vitest'
import { MemoryRecords } from './database/memory-records.ts'
import type { Records } from './database/records.ts'
import { pagesOf, stateOf } from './fixture.suite.ts'
import { META_KEY } from './format/meta.ts'
import { StateStore } from './state-store.ts'
import { StateView } from './state-view.ts'

const { trie, codes } = stateOf(20)

/** A database, its view, and the connections opened by the view. */
function viewed() {
  const database = new MemoryRecords()
  const connections: Records[] = []
  const view = new StateView(async () => {
    const connection = database.reopen()
    connections.push(connection)
    return connection
  })
  const complete = async () => {
    const store = await StateStore.writer(database.reopen())
    const generation = await store.target({ root: trie.root })
    await generation.commit(pagesOf(trie.nodes), codes)
    await generation.complete()
    await store.close()
  }
  const last = async () => (await view.current()).lastComplete()
  return { database, connections, view, complete, last }
}

describe('StateView', () => {
  test('default: opens nothing before it is used, and then one connection', async () => {
    const { connections, view, last } = viewed()
    expect(connections).toHaveLength(0)
    expect(await Promise.all([last(), last()])).toEqual([null, null])
    view.outdate()
    await last()
    expect(connections).toHaveLength(1)
  })

  test('behavior: is as it was when it was read, until it is outdated', async () => {
    const { view, complete, last } = viewed()
    await last()
    await complete()
    expect(await last()).toBeNull()
    view.outdate()
    expect(await last()).toMatchObject({ root: trie.root })
  })

  test('behavior: a connection that the browser closed is opened again', async () => {
    const { connections, view, last } = viewed()
    await last()
    connections[0]!.close()
    view.outdate()
    expect(await last()).toBeNull()
    expect(connections).toHaveLength(2)
  })

  test('behavior: closes its connection; whoever uses it again opens another', async () => {
    const { connections, view, last } = viewed()
    await last()
    await view.close()
    await expect(connections[0]!.get('meta', META_KEY.schema)).rejects.toMatchObject({ code: 'databaseClosed' })
    await last()
    expect(connections).toHaveLength(2)
  })

  test('behavior: what the writer completes while it is being read is found by what names it', async () => {
    const database = new MemoryRecords()
    const between: Records = Object.assign(database.reopen(), {
      // The writer adds and completes a generation after the generations have been listed.
      async keys(this: MemoryRecords, store: 'meta') {
        const keys = await MemoryRecords.prototype.keys.call(this, store)
        if (store === 'meta' && !keys.includes(META_KEY.complete)) {
          const writer = await StateStore.writer(database.reopen())
          const generation = await writer.target({ root: trie.root })
          await generation.commit(pagesOf(trie.nodes), codes)
          await generation.complete()
        }
        return keys
      },
    }) as unknown as Records
    const view = new StateView(async () => between)
    expect((await view.current()).lastComplete()).toMatchObject({ root: trie.root, intact: true })
  })

  test('error: an opening that failed is told, and tried again the next time', async () => {
    let failures = 1
    const view = new StateView(async () => {
      if (failures-- > 0) throw new Error('no database')
      return new MemoryRecords()
    })
    await expect(view.current()).rejects.toThrow('no database')
    expect((await view.current()).lastComplete()).toBeNull()
  })

  test('error: a form that is not known is damagedMeta', async () => {
    const { database, view } = viewed()
    await database.write([{ kind: 'put', store: 'meta', key: META_KEY.schema, value: 99 }])
    await expect(view.current()).rejects.toMatchObject({ code: 'damagedMeta' })
  })
})
