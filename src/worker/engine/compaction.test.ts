import { bytesToHex, concatBytes } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import { MAX_CHUNK_BYTES, SWEEP_CHUNK_RECORDS } from '../../store/constants.ts'
import { MemoryRecords } from '../../store/database/memory-records.ts'
import type { Durability } from '../../store/database/records.ts'
import { StoreError } from '../../store/errors.ts'
import { damagePage, pagesOf, stateOf, WatchedRecords } from '../../store/fixture.suite.ts'
import type { Operation } from '../../store/format/record-types.ts'
import { StateStore } from '../../store/state-store.ts'
import { ManualClock, settle } from '../../testing/manual-clock.ts'
import { createFastKeccak } from '../../trie/fast-keccak.ts'
import { Compaction } from './compaction.ts'

const keccak = await createFastKeccak()
const { trie, codes } = stateOf(4000)
const { root, nodes } = trie

/** Records that call back in the middle of each write. */
class BusyRecords extends WatchedRecords {
  onWrite: () => Promise<void> = async () => {}

  override async write(operations: readonly Operation[], durability: Durability): Promise<void> {
    await this.onWrite()
    return super.write(operations, durability)
  }
}

/** Returns a complete state in pages far too small. */
async function scattered() {
  const disk = new MemoryRecords()
  const records = new BusyRecords(disk)
  const store = await StateStore.over(records, { keccak, yieldThread: settle })
  const generation = await store.target({ root })
  await generation.commit(pagesOf(nodes, 2000), codes)
  await generation.complete()
  records.writes.length = 0
  const compaction = new Compaction({ store, keccak, clock: new ManualClock(), yieldThread: settle })
  return { disk, records, store, compaction }
}

describe('Compaction', () => {
  test('behavior: it writes and deletes in chunks, and while it does, reads are answered from where they were', async () => {
    const { records, store, compaction } = await scattered()
    const reader = store.reader(store.lastComplete()!.generation)
    let reads = 0
    records.onWrite = async () => {
      const { path, hash, blob } = nodes[(reads++ * 997) % nodes.length]!
      expect(await reader.node(path, hash)).toEqual(blob)
    }
    await compaction.start()
    expect(reads).toBe(records.writes.length)
    expect(records.writes.length).toBeGreaterThan(3)
    for (const { operations } of records.writes) {
      const bytes = operations.reduce((sum, each) => sum + sizeOf(each), 0)
      const deletions = operations.filter(({ kind }) => kind === 'delete')
      expect(bytes).toBeLessThanOrEqual(MAX_CHUNK_BYTES)
      expect(deletions.length).toBeLessThanOrEqual(SWEEP_CHUNK_RECORDS)
    }
    const { generations } = store.storage()
    expect(generations).toMatchObject([{ root, complete: true, nodes: nodes.length }])
    expect(await store.verify()).toMatchObject({ whole: true, nodes: nodes.length, codes: codes.length })
  })

  test('behavior: walks that began before it go on behind it', async () => {
    const { store, compaction } = await scattered()
    const exported = store.all()!
    const runs = exported.runs()
    const parts = [(await runs.next()).value!]
    const [summary] = await Promise.all([store.verify(), compaction.start()])
    expect(summary).toMatchObject({ whole: true, damaged: 0, nodes: nodes.length, codes: codes.length })
    expect(store.storage().generations).toMatchObject([{ generation: 2 }])
    for await (const run of runs) parts.push(run)
    expect(bytesToHex(concatBytes(...parts))).toBe(nodes.map(({ blob }) => bytesToHex(blob)).join(''))
    expect(exported.codeHashes()).toEqual(codes.map(({ hash }) => hash).sort())
  })

  test('behavior: where there is no room for it, all is as it was; the next one goes on', async () => {
    const { records, store, compaction } = await scattered()
    const { generation } = store.lastComplete()!
    let writes = 0
    records.onWrite = async () => {
      if (++writes > 2) throw new StoreError('quotaExceeded', 'as the test wants it')
    }
    await compaction.start()
    expect(store.lastComplete()).toMatchObject({ generation, intact: true })
    records.onWrite = async () => {}
    await compaction.start()
    expect(store.lastComplete()!.generation).toBeGreaterThan(generation)
    expect(await store.verify()).toMatchObject({ whole: true })
  })

  test('behavior: damage ends it, and is there for the next sync to heal', async () => {
    const { disk, store, compaction } = await scattered()
    const { generation } = store.lastComplete()!
    const { path } = nodes[nodes.length >> 1]!
    await damagePage({ connect: async () => disk.reopen() }, path, (bytes) => bytes.map((byte) => byte ^ 1))
    await compaction.start()
    expect(store.lastComplete()).toMatchObject({ generation, intact: false })
  })
})

function sizeOf(operation: Operation): number {
  return operation.kind === 'put' && operation.value instanceof Uint8Array ? operation.value.length : 0
}
