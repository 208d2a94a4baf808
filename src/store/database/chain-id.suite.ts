/** A database belongs to the chain of the states in it. */
import { describe, expect, test } from 'vitest'
import { type Backend, pagesOf, stateOf } from '../fixture.suite.ts'
import { generationKey } from '../format/generation-record.ts'
import { META_KEY } from '../format/meta.ts'
import { StateStore } from '../state-store.ts'

const { trie, codes } = stateOf(20)

export function chainSuite(backend: Backend): void {
  const writer = async (chainId: number) => StateStore.writer(await backend.connect(), { chainId })
  const reader = async (chainId: number) => StateStore.reader(await backend.connect(), { chainId })
  const synced = async (chainId: number) => {
    const store = await writer(chainId)
    const generation = await store.target({ root: trie.root })
    await generation.commit(pagesOf(trie.nodes), codes)
    await generation.complete()
    return store
  }
  const ofOther = (got: number, expected: number) => ({ code: 'databaseOfOtherChain', details: { got, expected } })

  describe('StateStore of a chain', () => {
    test('error: states of another chain are read by nobody, and their writer goes on', async () => {
      const store = await synced(1337)
      await expect(writer(10)).rejects.toMatchObject(ofOther(1337, 10))
      await expect(reader(10)).rejects.toMatchObject(ofOther(1337, 10))
      await (await store.target({ root: stateOf(5).trie.root })).commit([], codes) // it was not fenced
      await store.close()
      const again = await writer(1337)
      expect(again.lastComplete()).toMatchObject({ root: trie.root })
      expect((await reader(1337)).lastComplete()).toMatchObject({ root: trie.root })
      await again.close()
    })

    test('error: an unfinished state is as good as a complete one', async () => {
      const store = await writer(1)
      await store.target({ root: trie.root })
      await store.close()
      await expect(writer(10)).rejects.toMatchObject(ofOther(1, 10))
    })

    test('behavior: a database without any state is of whoever writes next, and of nobody else', async () => {
      await (await writer(1)).close()
      const store = await synced(10)
      await expect(reader(1)).rejects.toMatchObject(ofOther(10, 1))
      await store.wipe()
      await expect(reader(1)).rejects.toMatchObject(ofOther(10, 1)) // its writer is still there
      await store.close()
      const other = await synced(1)
      expect(other.lastComplete()).toMatchObject({ root: trie.root })
      await other.close()
    })

    test('behavior: a database that does not say its chain is of the one that it is opened for first', async () => {
      await (await synced(1)).close()
      const records = await backend.connect()
      await records.write([{ kind: 'delete', store: 'meta', key: META_KEY.chain }], 'strict')
      expect((await reader(10)).lastComplete()).toMatchObject({ root: trie.root })
      const store = await writer(10)
      expect(store.lastComplete()).toMatchObject({ root: trie.root })
      await store.close()
      await expect(writer(1)).rejects.toMatchObject(ofOther(10, 1))
      records.close()
    })

    test('error: records of states that were damaged are states, and are no reason to take the database', async () => {
      await (await synced(1)).close()
      const records = await backend.connect()
      await records.write([{ kind: 'put', store: 'meta', key: generationKey(1), value: 'nonsense' }], 'strict')
      await expect(writer(10)).rejects.toMatchObject(ofOther(1, 10))
      await records.write([{ kind: 'delete', store: 'meta', key: generationKey(1) }], 'strict')
      await expect(writer(10)).rejects.toMatchObject(ofOther(1, 10))
      records.close()
    })
  })
}
