/** A wallet's tools in a real Chromium, on either engine, without a peer: the database is filled beforehand. */
import { bytesToHex } from '@noble/hashes/utils.js'
import { afterEach, describe, expect, test } from 'vitest'
import { createLightClient, type LightClient, type VerifyProgress } from './index.ts'
import { openDatabase } from './store/database.ts'
import { countsOf, damagePage, pagesOf, stateOf } from './store/fixture.suite.ts'
import { openStateStore } from './store/state-store.ts'

const { trie, codes } = stateOf(400)
const pages = pagesOf(trie.nodes)
const totals = countsOf(pages)
const codeBytes = codes.reduce((sum, { bytes }) => sum + bytes.length, 0)
const ROOT = `0x${bytesToHex(trie.root)}`

const clients: LightClient[] = []
let names = 0

/** A database with the whole state, complete. */
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
  const worker = () => new Worker(new URL('./worker/worker.ts', import.meta.url), { type: 'module' })
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
    expect(summary).toEqual({ ...sound, root: ROOT, unchecked: 0, whole: true })
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
    const verifying = client.verify()
    await client.close()
    await expect(verifying).rejects.toMatchObject({ code: 'closed' })
  })
})
