/**
 * Tests the tools of a wallet in a real Chromium, on either engine, without a peer: the database is filled beforehand.
 */
import { bytesToHex } from '@noble/hashes/utils.js'
import { afterEach, describe, expect, test } from 'vitest'
import { createLightClient, type LightClient, type VerifyProgress } from './index.ts'
import { openDatabase } from './store/database/database.ts'
import { countsOf, damagePage, pagesOf, stateOf } from './store/fixture.suite.ts'
import { openStateStore } from './store/state-store.ts'

const { trie, codes } = stateOf(400)
/** Pages large enough to need no compaction. */
const pages = pagesOf(trie.nodes, 8192)
const totals = countsOf(pages)
const codeBytes = codes.reduce((sum, { bytes }) => sum + bytes.length, 0)
const ADDRESS = '0x000d836201318ec6899a67540690382780743280'
const EMPTY_ROOT = '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421'
const ROOT = `0x${bytesToHex(trie.root)}`

const clients: LightClient[] = []
let names = 0

/** Returns the name of a database with the whole state, complete. */
async function filled(): Promise<string> {
  const database = `tools-${names++}`
  const store = await openStateStore({ database })
  const generation = await store.target({ root: trie.root, blockNumber: 7 })
  await generation.commit(pages, codes)
  await generation.complete()
  await store.close()
  return database
}

async function open(engine: string, database = `tools-${names++}`, chainId = 1): Promise<LightClient> {
  const worker = () => new Worker(new URL('./worker/port/worker.ts', import.meta.url), { type: 'module' })
  const options = { database, chainId, peers: [] }
  const client = await createLightClient(engine === 'worker' ? { ...options, worker } : options)
  clients.push(client)
  return client
}

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()))
})

describe.each(['worker', 'window'])('LightClient.verify, engine in the %s', (engine) => {
  test('default: a sound state is whole, and progress ends at 1', async () => {
    const client = await open(engine, await filled())
    const told: VerifyProgress[] = []
    const summary = await client.verify({ onProgress: (progress) => told.push(progress) })
    const sound = { ...totals, bytes: totals.bytes + codeBytes, codes: codes.length, damaged: 0 }
    expect(summary).toEqual({ ...sound, root: ROOT, whole: true })
    expect(told.at(-1)).toEqual({ ...sound, fraction: 1 })
  })

  test('behavior: what is damaged is told, and the state is not intact any more', async () => {
    const database = await filled()
    const hurt = pages[4]!
    await damagePage({ connect: () => openDatabase(database) }, hurt.start, (bytes) => bytes.map((byte) => byte ^ 1))
    const client = await open(engine, database)
    const damages: unknown[] = []
    client.addEventListener('damaged', ({ detail }) => damages.push(detail))
    expect(await client.verify()).toMatchObject({ damaged: 1, whole: false })
    expect(damages).toEqual([{ generation: 1, start: hurt.start, end: hurt.end }])
    expect((await client.status()).complete).toMatchObject({ intact: false })
  })

  test('error: without a complete state it is notSynced', async () => {
    await expect((await open(engine)).verify()).rejects.toMatchObject({ code: 'notSynced' })
  })

  test('options: an aborted one rejects with the reason, and the next one runs', async () => {
    const client = await open(engine, await filled())
    const reason = new Error('the user went on')
    const controller = new AbortController()
    const verifying = client.verify({ signal: controller.signal })
    controller.abort(reason)
    await expect(verifying).rejects.toBe(reason)
    expect(await client.verify()).toMatchObject({ whole: true })
  })

  test('behavior: close ends one that runs', async () => {
    const client = await open(engine, await filled())
    const verified = expect(client.verify()).rejects.toMatchObject({ code: 'closed' })
    await client.close()
    await verified
  })
})

describe.each(['worker', 'window'])('LightClient.storage, engine in the %s', (engine) => {
  test('default: says what each generation holds, and what the browser says', async () => {
    const client = await open(engine, await filled())
    const { usage, quota, persisted, ...stored } = await client.storage()
    const { nodes, bytes } = totals
    expect(stored).toEqual({
      generations: [
        {
          generation: 1,
          root: ROOT,
          blockNumber: 7,
          complete: true,
          whole: true,
          nodes,
          bytes,
          pages: pages.length,
          loose: 0,
        },
      ],
      codes: { count: codes.length, bytes: codeBytes },
      deadBytes: 0,
    })
    expect(usage).toBeGreaterThan(0)
    expect(quota).toBeGreaterThan(usage!)
    expect(typeof persisted).toBe('boolean')
  })
})

describe.each(['worker', 'window'])('LightClient.wipe, engine in the %s', (engine) => {
  test('default: everything is gone, also after reopening', async () => {
    const database = await filled()
    const client = await open(engine, database)
    await client.wipe()
    expect(await client.status()).toMatchObject({ complete: null })
    await expect(client.getAccount(ADDRESS)).rejects.toMatchObject({ code: 'notSynced' })
    expect(await client.storage()).toMatchObject({ generations: [], codes: { count: 0, bytes: 0 } })
    await client.close()
    expect(await (await open(engine, database)).status()).toMatchObject({ complete: null })
  })

  test('behavior: a sync that runs and a verification end with wiped, and the next sync begins from nothing', async () => {
    const client = await open(engine, await filled())
    const sync = client.sync({ root: `0x${'12'.repeat(32)}` })
    const verified = expect(client.verify()).rejects.toMatchObject({ code: 'wiped' })
    const wiping = client.wipe()
    const next = client.sync({ root: EMPTY_ROOT })
    await expect(sync.done).rejects.toMatchObject({ code: 'wiped' })
    await verified
    await wiping
    expect(await next.done).toMatchObject({ phase: 'complete', generation: 1 })
    expect((await client.status()).complete).toMatchObject({ root: EMPTY_ROOT })
  })

  test('error: after close it is closed', async () => {
    const client = await open(engine)
    await client.close()
    await expect(client.wipe()).rejects.toMatchObject({ code: 'closed' })
    await expect(client.storage()).rejects.toMatchObject({ code: 'closed' })
  })
})

describe.each(['worker', 'window'])('LightClient.export and import, engine in the %s', (engine) => {
  /** Returns the whole file. */
  const exported = async (client: LightClient) => new Response(client.export()).blob()

  test('default: what one client exports another imports, without a peer, and reads the same', async () => {
    const from = await open(engine, await filled())
    const database = `tools-${names++}`
    const to = await open(engine, database)
    const { bytes: _, ...counts } = totals
    expect(await to.import(await exported(from), { root: ROOT })).toEqual({
      root: ROOT,
      blockNumber: 7,
      ...counts,
      bytes: totals.bytes + codeBytes,
      codes: codes.length,
    })
    expect(await to.status()).toMatchObject({ complete: { root: ROOT, blockNumber: 7, whole: true, intact: true } })
    expect(await to.verify()).toMatchObject({ whole: true, ...counts })
    expect(await to.getAccount(ADDRESS)).toEqual({ root: ROOT, value: null })
    await to.close()
    const again = await open(engine, database)
    expect(new Uint8Array(await (await exported(again)).arrayBuffer())).toEqual(
      new Uint8Array(await (await exported(from)).arrayBuffer()),
    )
  })

  test('behavior: a stream goes straight from one into another', async () => {
    const from = await open(engine, await filled())
    const to = await open(engine)
    expect(await to.import(from.export())).toMatchObject({ root: ROOT, nodes: totals.nodes })
  })

  test('behavior: an export of which nobody reads on costs nothing, and the client goes on', async () => {
    const client = await open(engine, await filled())
    const reader = client.export().getReader()
    expect((await reader.read()).value?.length).toBeGreaterThan(0)
    await reader.cancel()
    expect(await client.verify()).toMatchObject({ whole: true })
  })

  test('error: a page that is damaged ends an export with damagedPage, after that it is incomplete', async () => {
    const database = await filled()
    await damagePage({ connect: () => openDatabase(database) }, pages[4]!.start, (bytes) =>
      bytes.map((byte) => byte ^ 1),
    )
    const client = await open(engine, database)
    const read = async () => {
      const reader = client.export().getReader()
      while (!(await reader.read()).done);
    }
    await expect(read()).rejects.toMatchObject({ code: 'damagedPage' })
    await expect(read()).rejects.toMatchObject({ code: 'incomplete' })
  })

  test('error: without a complete state there is nothing to export', async () => {
    const reader = (await open(engine)).export().getReader()
    await expect(reader.read()).rejects.toMatchObject({ code: 'notSynced' })
  })

  test('error: another chain, another root, garbage and a file that is cut off are refused by their codes', async () => {
    const file = await exported(await open(engine, await filled()))
    const client = await open(engine)
    const stranger = await open(engine, undefined, 2)
    await expect(stranger.import(file)).rejects.toMatchObject({ code: 'exportOfOtherChain', details: { got: 1 } })
    const other = client.import(file, { root: EMPTY_ROOT })
    await expect(other).rejects.toMatchObject({ code: 'exportOfOtherRoot', details: { got: ROOT } })
    await expect(client.import(new Blob(['nonsense'.repeat(99)]))).rejects.toMatchObject({ code: 'badExport' })
    await expect(client.import(file.slice(0, file.size - 9))).rejects.toMatchObject({ code: 'exportCutOff' })
    await expect(client.import(file, { root: '0x12' })).rejects.toMatchObject({ code: 'badRootText' })
    expect(await client.status()).toMatchObject({ complete: null })
    await client.import(file)
    expect(await client.verify()).toMatchObject({ whole: true })
  })

  test('behavior: a stream that fails, an abort and a newer sync end an import, and the next one runs', async () => {
    const from = await open(engine, await filled())
    const client = await open(engine)
    const reason = new Error('the line went dead')
    const failing = new ReadableStream<Uint8Array>({ start: (controller) => controller.error(reason) })
    await expect(client.import(failing)).rejects.toBe(reason)
    const silent = () => new ReadableStream<Uint8Array>()
    const controller = new AbortController()
    const aborted = expect(client.import(silent(), { signal: controller.signal })).rejects.toBe(reason)
    controller.abort(reason)
    await aborted
    const superseded = expect(client.import(silent())).rejects.toMatchObject({ code: 'superseded' })
    await client.sync({ root: EMPTY_ROOT }).done
    await superseded
    expect(await client.import(from.export())).toMatchObject({ root: ROOT })
  })
})
