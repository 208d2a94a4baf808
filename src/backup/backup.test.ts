/** Writes and reads the file of a state: export against import, and import against damaged or foreign files. */
import { bytesToHex, concatBytes } from '@noble/hashes/utils.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { codeOf, pagesOf, stateOf } from '../store/fixture.suite.ts'
import { createMemoryStore, type StateStore } from '../store/state-store.ts'
import { honestPeer } from '../testing/peers.ts'
import { finishSync, startSync } from '../testing/sync-harness.ts'
import { EMPTY_ROOT } from '../trie/account.ts'
import { createFastKeccak } from '../trie/fast-keccak.ts'
import { ByteReader } from './byte-reader.ts'
import { decodeFileHeader, encodeFileHeader, HEADER_BYTES } from './file-header.ts'
import { exportStateFile } from './state-export.ts'
import { importStateFile } from './state-import.ts'

const keccak = await createFastKeccak()
const { trie, codes } = stateOf(90)
const { root, nodes } = trie

async function filled(): Promise<StateStore> {
  const store = createMemoryStore({ keccak })
  const generation = await store.target({ root, blockNumber: 7 })
  await generation.commit(pagesOf(nodes), codes)
  await generation.complete()
  return store
}

async function fileOf(store: StateStore): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of exportStateFile(store.all()!, 5)) chunks.push(chunk)
  return concatBytes(...chunks)
}

/** Cuts a file into chunks of these sizes, and one more with the rest of the file. */
function* cut(file: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  let at = 0
  for (let i = 0; at < file.length; i++) {
    const size = sizes[i] ?? file.length
    yield file.subarray(at, at + size)
    at += size
  }
}

async function read(store: StateStore, file: Uint8Array, sizes: readonly number[] = []) {
  const chunks = cut(file, sizes)
  const input = new ByteReader(async () => chunks.next().value ?? null)
  const header = decodeFileHeader(await input.exactly(HEADER_BYTES))
  const disk = await store.target({ root: header.root, blockNumber: header.blockNumber ?? undefined })
  const { signal } = new AbortController()
  return importStateFile({ input, header, disk, keccak, signal, now: () => 0, yieldThread: async () => {} })
}

async function expectWhole(store: StateStore): Promise<void> {
  expect(store.lastComplete()).toMatchObject({ root, intact: true })
  expect(await store.verify()).toMatchObject({ whole: true, nodes: nodes.length, codes: codes.length })
}

const file = await fileOf(await filled())
const codesAt = HEADER_BYTES + nodes.reduce((sum, { blob }) => sum + blob.length, 0)

describe('exportStateFile', () => {
  test('default: is what FORMAT.md says: head, nodes in pre-order, codes by hash', () => {
    const nodeBytes = codesAt - HEADER_BYTES
    expect(decodeFileHeader(file)).toEqual({ chainId: 5, root, blockNumber: 7, nodes: nodes.length, nodeBytes })
    expect(bytesToHex(file.subarray(HEADER_BYTES, codesAt))).toBe(nodes.map(({ blob }) => bytesToHex(blob)).join(''))
    const view = new DataView(file.buffer, codesAt)
    expect(view.getUint32(0)).toBe(codes.length)
    let at = 4
    for (const { bytes } of codes.toSorted((a, b) => (a.hash < b.hash ? -1 : 1))) {
      expect(view.getUint32(at)).toBe(bytes.length)
      expect(file.subarray(codesAt + at + 4, codesAt + at + 4 + bytes.length)).toEqual(bytes)
      at += 4 + bytes.length
    }
    expect(codesAt + at).toBe(file.length)
  })

  test('error: of a state of which something was lost, there is none', async () => {
    const store = await filled()
    const damaged = await store.target({ root })
    await expect(damaged.node('0abc' as never, root)).rejects.toMatchObject({ code: 'damagedPage' })
    expect(() => store.all()).toThrow(expect.objectContaining({ code: 'incomplete' }))
  })
})

describe('importStateFile', () => {
  test('behavior: beside an older state, and a code that one wanted and nobody has, it is the same, and exports to the same file', async () => {
    const store = createMemoryStore({ keccak })
    const older = stateOf(70)
    const generation = await store.target({ root: older.trie.root })
    await generation.commit(pagesOf(older.trie.nodes), older.codes)
    await generation.complete()
    const stray = 'ab'.repeat(32)
    const [page] = pagesOf(nodes)
    await (await store.target({ root: codeOf('another root').bytes.slice(0, 32) })).commit(
      [{ ...page!, codes: [stray] }],
      [],
    )
    await read(store, file)
    await expectWhole(store)
    expect(store.storage().generations.length).toBeGreaterThan(1)
    expect(await fileOf(store)).toEqual(file)
  })

  test('default: the state is complete, as after a sync, and exports to the same file', async () => {
    const store = createMemoryStore({ keccak })
    const imported = await read(store, file)
    expect(imported).toMatchObject({ nodes: nodes.length, accounts: 90, codes: codes.length })
    await expectWhole(store)
    expect(store.lastComplete()).toMatchObject({ blockNumber: 7 })
    expect(await fileOf(store)).toEqual(file)
  })

  test('behavior: an empty state is a head and no codes', async () => {
    const store = createMemoryStore()
    const head = encodeFileHeader({ chainId: 5, root: EMPTY_ROOT, blockNumber: null, nodes: 0, nodeBytes: 0 })
    expect(await read(store, concatBytes(head, new Uint8Array(4)))).toMatchObject({ nodes: 0, codes: 0 })
    expect(store.lastComplete()).toMatchObject({ root: EMPTY_ROOT, intact: true })
  })

  test('behavior: chunks may be cut anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 700 })), async (sizes) => {
        const store = createMemoryStore({ keccak })
        await read(store, file, sizes)
        await expectWhole(store)
      }),
      { numRuns: 20 },
    )
  })

  test('behavior: a file that ends early is exportCutOff; an import goes on from what was verified', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(file.length - 1), async (length) => {
        const store = createMemoryStore({ keccak })
        await expect(read(store, file.subarray(0, length))).rejects.toMatchObject({ code: 'exportCutOff' })
        expect(store.lastComplete()).toBeNull()
        await read(store, file)
        await expectWhole(store)
      }),
      { numRuns: 30 },
    )
  })

  test('behavior: what was verified before the end of a file is not fetched again by a sync', async () => {
    const store = createMemoryStore({ keccak })
    const half = HEADER_BYTES + ((codesAt - HEADER_BYTES) >> 1)
    await expect(read(store, file.subarray(0, half))).rejects.toMatchObject({ code: 'exportCutOff' })
    const sequence = nodes.map(({ path, blob }) => [path, blob] as const)
    const peer = honestPeer({ sequence, codes: new Map(codes.map(({ hash, bytes }) => [hash, bytes])) })
    const run = await finishSync(await startSync(root, [peer], { store }))
    expect(run.outcome).toMatchObject({ phase: 'complete' })
    await expectWhole(store)
    expect(run.sync.progress().wireBytes).toBeLessThan(file.length * 0.6)
  })

  test('error: any flipped bit is a coded error, nothing becomes complete, and a true file mends it', async () => {
    const codesOf = new Set(['badExport', 'exportCutOff', 'exportTooNew'])
    await fc.assert(
      fc.asyncProperty(fc.nat(8 * file.length - 1), async (bit) => {
        const bent = file.slice()
        bent[bit >> 3]! ^= 1 << (bit & 7)
        const store = createMemoryStore({ keccak })
        const error = await read(store, bent).then(
          () => null,
          (reason) => reason,
        )
        expect(codesOf).toContain(error?.code)
        expect(store.lastComplete()).toBeNull()
        await read(store, file)
        await expectWhole(store)
      }),
      { numRuns: 60 },
    )
  })

  const strange: readonly (readonly [id: string, file: Uint8Array])[] = [
    ['garbage', new Uint8Array(5000).fill(7)],
    ['with a byte behind its end', concatBytes(file, Uint8Array.of(0))],
    ['without its last node', bent(nodes.length - 1)],
    ['that claims one node too many', concatBytes(headOf({ nodes: nodes.length + 1 }), file.subarray(HEADER_BYTES))],
    ['without codes', concatBytes(file.subarray(0, codesAt), new Uint8Array(4))],
    ['with a code that nobody names', concatBytes(file.subarray(0, codesAt), Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 1, 9))],
    ['with an endless code', concatBytes(file.subarray(0, codesAt), new Uint8Array(8).fill(255))],
  ]
  test.each(strange)('error: a file that is %s is badExport', async (_, strangeFile) => {
    const store = createMemoryStore({ keccak })
    await expect(read(store, strangeFile)).rejects.toMatchObject({ code: 'badExport' })
    expect(store.lastComplete()).toBeNull()
  })
})

function headOf(changes: { nodes?: number; nodeBytes?: number }): Uint8Array {
  return encodeFileHeader({ ...decodeFileHeader(file), ...changes })
}

/** Returns the file with only its first `count` nodes, and a matching header. */
function bent(count: number): Uint8Array {
  const blobs = nodes.slice(0, count).map(({ blob }) => blob)
  const nodeBytes = blobs.reduce((sum, blob) => sum + blob.length, 0)
  return concatBytes(headOf({ nodes: count, nodeBytes }), ...blobs, file.subarray(codesAt))
}
