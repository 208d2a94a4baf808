/** Tests the client in a real Chromium, on either engine, without a peer. `e2e/` has the tests with peers. */
import { RLP } from '@ethereumjs/rlp'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { afterEach, describe, expect, test } from 'vitest'
import { createLightClient, type LightClient } from './index.ts'
import { deleteStateDatabase } from './testing/delete-state-database.ts'
import { keccak256 } from './trie/keccak.ts'
import { KNOWN_HEADERS } from './wallet/known-headers.suite.ts'

const ADDRESS = '0x000d836201318ec6899a67540690382780743280'
const ROOT = `0x${'12'.repeat(32)}`
const EMPTY_ROOT = '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421'

let worker: Worker | undefined
let client: LightClient | undefined
let names = 0

const createWorker = () => {
  worker = new Worker(new URL('./worker/port/worker.ts', import.meta.url), { type: 'module' })
  return worker
}

async function open(engine: string, peers: string[] = [], database = `client-${names++}`): Promise<LightClient> {
  const options = { database, chainId: 1, peers }
  client = await createLightClient(engine === 'worker' ? { ...options, worker: createWorker } : options)
  return client
}

afterEach(async () => {
  await client?.close()
  client = undefined
  worker?.terminate()
})

describe.each(['worker', 'window'])('createLightClient, engine in the %s', (engine) => {
  test('default: an empty database has no complete state, and reads are notSynced', async () => {
    const { status, getAccount, getCode, getStorageAt } = bound(await open(engine))
    expect(await status()).toMatchObject({ complete: null })
    await expect(getAccount(ADDRESS)).rejects.toMatchObject({ code: 'notSynced' })
    await expect(getCode(ADDRESS)).rejects.toMatchObject({ code: 'notSynced' })
    await expect(getStorageAt(ADDRESS, 1n)).rejects.toMatchObject({ code: 'notSynced' })
  })

  test('behavior: the empty state needs no peer; everything is proven absent in it, also after reopening', async () => {
    const database = `client-${names++}`
    const first = await open(engine, [], database)
    expect(await first.sync({ root: EMPTY_ROOT, blockNumber: 7 }).done).toMatchObject({ phase: 'complete', nodes: 0 })
    await first.close()
    const second = await open(engine, [], database)
    expect(await second.status()).toMatchObject({ complete: { root: EMPTY_ROOT, blockNumber: 7, intact: true } })
    expect(await second.getAccount(ADDRESS)).toEqual({ root: EMPTY_ROOT, value: null })
    expect(await second.getCode(ADDRESS)).toEqual({ root: EMPTY_ROOT, value: '0x' })
    expect(await second.getStorageAt(ADDRESS, '0x1')).toEqual({ root: EMPTY_ROOT, value: `0x${'00'.repeat(32)}` })
  })

  test('behavior: a request of the provider right behind sync is about its target, also of a block', async () => {
    const fields = RLP.decode(hexToBytes(KNOWN_HEADERS[0]!.rlp)) as Uint8Array[]
    fields[3] = hexToBytes(EMPTY_ROOT.slice(2))
    const header = RLP.encode(fields)
    const block = `0x${bytesToHex(keccak256(header))}`
    for (const target of [{ root: EMPTY_ROOT }, { block, header: `0x${bytesToHex(header)}` }]) {
      const light = await open(engine)
      const provider = light.provider()
      await provider.request({ method: 'eth_chainId' })
      light.sync(target)
      expect(await provider.request({ method: 'eth_getBalance', params: [ADDRESS, 'latest'] })).toBe('0x0')
      await light.close()
    }
  })

  test('behavior: a newer sync supersedes the one that runs, at any moment', async () => {
    const light = await open(engine)
    const syncs = [light.sync({ root: ROOT }), light.sync({ root: ROOT }), light.sync({ root: EMPTY_ROOT })]
    const outcomes = await Promise.allSettled(syncs.map((sync) => sync.done))
    expect(outcomes).toMatchObject([
      { reason: { code: 'superseded' } },
      { reason: { code: 'superseded' } },
      { value: { phase: 'complete' } },
    ])
  })

  test('behavior: cancel rejects done with cancelled, and the next sync runs', async () => {
    const light = await open(engine)
    const sync = light.sync({ root: ROOT })
    await sync.cancel()
    await expect(sync.done).rejects.toMatchObject({ code: 'cancelled' })
    await expect(light.sync({ root: EMPTY_ROOT }).done).resolves.toMatchObject({ phase: 'complete' })
  })

  test('behavior: cancel in the middle of the start is heeded', async () => {
    const light = await open(engine)
    const sync = light.sync({ root: ROOT })
    void sync.cancel()
    await expect(sync.done).rejects.toMatchObject({ code: 'cancelled' })
  })

  test('behavior: close rejects what runs with closed, and may be called twice', async () => {
    const light = await open(engine)
    const sync = light.sync({ root: ROOT })
    await light.status()
    await Promise.all([light.close(), light.close()])
    await expect(sync.done).rejects.toMatchObject({ code: 'closed' })
    await expect(light.getAccount(ADDRESS)).rejects.toMatchObject({ code: 'closed' })
    await expect(light.status()).rejects.toMatchObject({ code: 'closed' })
  })

  test('error: what cannot be is refused with its code', async () => {
    await expect(open(engine, ['not a multiaddr'])).rejects.toMatchObject({ code: 'badMultiaddr' })
    const light = await open(engine)
    expect(() => light.sync({ root: '0x12' })).toThrow(expect.objectContaining({ code: 'badRootText' }))
    expect(() => light.sync({ root: ROOT, blockNumber: -1 })).toThrow(expect.objectContaining({ code: 'badNumber' }))
    await expect(light.getAccount('0x12')).rejects.toMatchObject({ code: 'badAddress', details: { got: '0x12' } })
    await expect(light.getStorageAt(ADDRESS, -1n)).rejects.toMatchObject({ code: 'badSlot' })
  })

  test('behavior: an upgrade or a deletion elsewhere is not held up: the client lets go, says why, and ends the sync', async () => {
    const database = `client-${names++}`
    const light = await open(engine, [], database)
    const told = new Promise((resolve) => light.addEventListener('storeClosed', (event) => resolve(event.detail)))
    const sync = light.sync({ root: ROOT })
    await deleteStateDatabase(database)
    expect(await told).toEqual({ reason: 'versionchange' })
    await expect(sync.done).rejects.toMatchObject({ code: 'storeFailed', details: { reason: 'versionchange' } })
    const later = await open(engine, [], database)
    expect(await later.sync({ root: EMPTY_ROOT }).done).toMatchObject({ phase: 'complete' })
    await expect(light.sync({ root: EMPTY_ROOT }).done).rejects.toMatchObject({ code: 'databaseClosed' })
    await light.close()
  })

  test("behavior: persist is asked for when the application says so, of the window, and resolves with the browser's answer", async () => {
    const { persist } = StorageManager.prototype
    const asked: unknown[] = []
    for (const answer of [true, false]) {
      StorageManager.prototype.persist = function () {
        asked.push(this)
        return Promise.resolve(answer)
      }
      const light = await open(engine)
      await light.status()
      await light.close()
      expect(asked).toEqual([])
      expect(await light.persist()).toBe(answer)
      expect(asked.splice(0)).toEqual([navigator.storage])
    }
    StorageManager.prototype.persist = persist
    const light = await open(engine)
    expect(await light.persist()).toBe(await navigator.storage.persisted())
  })

  test('options: an aborted read rejects with the reason', async () => {
    const light = await open(engine)
    const reason = new Error('the user went on')
    await expect(light.getAccount(ADDRESS, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    const controller = new AbortController()
    const read = light.getAccount(ADDRESS, { signal: controller.signal })
    controller.abort(reason)
    await expect(read).rejects.toBe(reason)
  })
})

describe('createLightClient, engine in the window of an insecure context', () => {
  test('behavior: without Web Locks the client that was opened last is the one that can sync; both read', async () => {
    Object.defineProperty(navigator, 'locks', { value: undefined, configurable: true })
    try {
      const database = `client-${names++}`
      const first = await open('window', [], database)
      await first.sync({ root: EMPTY_ROOT }).done
      const last = await open('window', [], database)
      await expect(first.sync({ root: ROOT }).done).rejects.toMatchObject({ code: 'fenced' })
      await last.sync({ root: EMPTY_ROOT, blockNumber: 8 }).done
      for (const light of [first, last])
        expect(await light.getAccount(ADDRESS)).toEqual({ root: EMPTY_ROOT, value: null })
      await first.close()
    } finally {
      Reflect.deleteProperty(navigator, 'locks')
    }
  })
})

describe('createLightClient, two clients of one database', () => {
  test('default: one writes, the other follows, and is the writer when the first is closed', async () => {
    const database = `client-${names++}`
    const first = await open('window', [], database)
    const second = await open('worker', [], database)
    expect([await first.role(), await second.role()]).toEqual(['writer', 'follower'])
    await second.sync({ root: EMPTY_ROOT }).done
    expect(await second.getAccount(ADDRESS)).toEqual({ root: EMPTY_ROOT, value: null })
    const elected = new Promise((resolve) => second.addEventListener('role', ({ detail }) => resolve(detail)))
    await first.close()
    expect(await elected).toBe('writer')
    expect(await second.role()).toBe('writer')
    expect(await second.getAccount(ADDRESS)).toEqual({ root: EMPTY_ROOT, value: null })
  })
})

describe('createLightClient', () => {
  test('error: a worker that is killed rejects every open call, and all that come', async () => {
    const light = await open('worker')
    const sync = light.sync({ root: ROOT })
    await light.status()
    worker?.terminate()
    await expect(sync.done).rejects.toMatchObject({ code: 'workerDied' })
    await expect(light.getAccount(ADDRESS)).rejects.toMatchObject({ code: 'workerDied' })
    await light.close()
  })

  test('error: a worker whose script cannot be loaded is workerDied', async () => {
    const missing = () => new Worker('/no-such-worker.js')
    await expect(
      createLightClient({ database: 'client-none', chainId: 1, peers: [], worker: missing }),
    ).rejects.toMatchObject({ code: 'workerDied' })
  })
})

describe('createLightClient, WebRTC', () => {
  const options = { database: 'client-webrtc', chainId: 1, peers: [] }

  test.each([
    ['badMultiaddr', { webrtc: { relays: ['/ip4/127.0.0.1/tcp/9000/ws'] } }],
    ['badMultiaddr', { peers: ['/ip4/127.0.0.1/udp/9000/webrtc-direct'] }],
    ['badNumber', { serve: { uploadBytesPerSecond: 0 } }],
    ['badNumber', { serve: { maxRequests: 1.5 } }],
  ])('error: %s: %o', async (code, wrong) => {
    await expect(createLightClient({ ...options, ...wrong, worker: createWorker })).rejects.toMatchObject({ code })
  })

  test('default: a client that serves nobody has no address', async () => {
    const client = await createLightClient({ ...options, webrtc: {} })
    expect(client.addresses()).toEqual([])
    await client.close()
  })
})

/** Returns the methods detached from the client, as an application may pass them around. */
function bound(light: LightClient) {
  return {
    status: () => light.status(),
    getAccount: (address: string) => light.getAccount(address),
    getCode: (address: string) => light.getCode(address),
    getStorageAt: (address: string, slot: bigint) => light.getStorageAt(address, slot),
  }
}
