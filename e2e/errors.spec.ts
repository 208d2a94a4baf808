/** Failures and their reports to the application: coded errors, events, and nothing lost. */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import type { Page } from '@playwright/test'
import { encodePageKey } from '../src/store/format/page-key.ts'
import { keccak256 } from '../src/trie/keccak.ts'
import { KEY_NIBBLES, type Path } from '../src/trie/path.ts'
import { differences, NO_DIFFERENCES, nodesOf, overwritePage, readDisk, type StoredPage } from './disk.ts'
import { expect, test } from './fixtures.ts'
import { type ExpectedAccount, genesisOf } from './genesis.ts'
import { startStranger } from './peers.ts'
import { MAINNET_ROOT, rootOf } from './states.ts'

const NO_SUCH_ROOT = `0x${'11'.repeat(32)}`
const ADDRESS = '0x5abfec25f74cd88437631a7731906932776356f9'
/** Mainnet's genesis takes some three seconds: nothing here ends by itself. */
const BYTES_PER_SECOND = 500_000

/** Kinds of damage to the bytes of a page; `leaf` is an account's leaf in the page. */
const DAMAGES: Readonly<Record<string, (bytes: Uint8Array, leaf: Uint8Array) => Uint8Array>> = {
  'garbage in it': (bytes) => new Uint8Array(bytes.length).fill(0x55),
  'a flipped bit in it': (bytes, leaf) => {
    const spoilt = bytes.slice()
    // The end of the leaf's code hash: the node stays well-formed.
    spoilt[leaf.byteOffset - bytes.byteOffset + leaf.length - 1]! ^= 1
    return spoilt
  },
}

for (const engine of ['worker', 'window'] as const) {
  test.describe(`engine in the ${engine}`, () => {
    test('a root that no peer has: stalled, rootUnavailable; a root that one has goes on from there', async ({
      openPage,
      peer,
      states,
    }) => {
      const hoodi = await states.genesis('hoodi')
      const { address } = await peer([hoodi])
      const page = await openPage(engine)
      await start(page, address, NO_SUCH_ROOT)
      await page.waitForFunction(() => window.e2e.latest.stalls.includes('rootUnavailable'))
      const { progress, outcome } = await latest(page)
      expect(progress).toMatchObject({ phase: 'stalled', reason: 'rootUnavailable', nodes: 0 })
      expect(outcome).toEqual({ state: 'pending' })
      expect(await errorOf(page, `window.e2e.client.getAccount('${ADDRESS}')`)).toBe('notSynced')
      expect(await page.evaluate((root) => window.e2e.sync(root), rootOf(hoodi))).toMatchObject({ phase: 'complete' })
    })

    test('a multiaddr that does not parse: badMultiaddr', async ({ openPage }) => {
      const page = await openPage(engine)
      for (const address of ['nonsense', '/ip4/127.0.0.1/tcp/9000', 'ws://127.0.0.1:9000'])
        expect(await errorOf(page, `window.e2e.open(['${address}'])`)).toBe('badMultiaddr')
    })

    test('a peer that does not speak the protocol: unsupportedProtocol, and stalled without peers', async ({
      openPage,
      atEnd,
    }) => {
      const stranger = await startStranger()
      atEnd(() => stranger.stop())
      const page = await openPage(engine)
      await start(page, stranger.address, MAINNET_ROOT)
      await page.waitForFunction(() => window.e2e.peers()[0]?.state === 'disconnected')
      expect(await page.evaluate(() => window.e2e.peers())).toMatchObject([{ reason: 'unsupportedProtocol' }])
      await page.waitForFunction(() => window.e2e.latest.stalls.includes('noPeers'))
    })

    for (const [damage, spoil] of Object.entries(DAMAGES)) {
      test(`a page with ${damage}: the read says so, an event tells it, the next one fetches it, and a sync just the rest`, async ({
        openPage,
        peer,
        states,
      }) => {
        const { address, served } = await peer([await states.genesis('mainnet')])
        const page = await openPage(engine)
        await start(page, address, MAINNET_ROOT)
        await page.evaluate(() => window.e2e.latest.sync.done.then(() => window.e2e.client.close()))
        const before = await readDisk(page)
        const damaged = before.pages[before.pages.length >> 1]!
        const { account, leaf } = await someAccountIn(damaged)
        await overwritePage(page, encodePageKey(damaged.key), spoil(damaged.bytes, leaf))

        await page.evaluate((address) => window.e2e.open([address]), address)
        const read = `window.e2e.client.getAccount('${account.address}')`
        expect(await errorOf(page, read)).toBe('damagedPage')
        const { generation, start: from, end } = damaged.key
        await expect.poll(() => page.evaluate(() => window.e2e.damages)).toEqual([{ generation, start: from, end }])
        served.clear()
        expect(await errorOf(page, read)).toBe('none')
        expect(await page.evaluate(() => window.e2e.client.status())).toMatchObject({ complete: { intact: false } })

        await page.evaluate((root) => window.e2e.sync(root), MAINNET_ROOT)
        expect(served.paths().sort()).toEqual([...damaged.nodes.keys()])
        expect(await page.evaluate(() => window.e2e.client.status())).toMatchObject({ complete: { intact: true } })
        const { address: _, ...value } = account
        const healed = await page.evaluate((one) => window.e2e.readAccounts([one]), account.address)
        expect(JSON.parse(healed)).toEqual([{ root: MAINNET_ROOT, value }])
        const after = await readDisk(page)
        expect(differences(nodesOf(after.pages), nodesOf(before.pages))).toEqual(NO_DIFFERENCES)
      })
    }

    test('the end of a sync has a code: superseded, cancelled, closed; then everything is closed', async ({
      openPage,
      peer,
      states,
    }) => {
      const options = { throttleBytesPerSecond: BYTES_PER_SECOND }
      const { address } = await peer([await states.genesis('mainnet'), await states.genesis('hoodi')], options)
      const page = await openPage(engine)
      await start(page, address, MAINNET_ROOT)
      await page.waitForFunction(() => (window.e2e.latest.progress?.nodes ?? 0) > 0)
      const codes = await page.evaluate(async (root) => {
        const { e2e } = window
        const first = e2e.latest.sync
        const second = e2e.start({ root }).sync
        const superseded = await e2e.outcomeOf(first.done)
        await second.cancel()
        const cancelled = await e2e.outcomeOf(second.done)
        const third = e2e.start({ root }).sync
        await e2e.client.close()
        const closed = await e2e.outcomeOf(third.done)
        return [superseded, cancelled, closed].map((outcome) => ('code' in outcome ? outcome.code : outcome.state))
      }, MAINNET_ROOT)
      expect(codes).toEqual(['superseded', 'cancelled', 'closed'])
      expect(await errorOf(page, `window.e2e.client.getAccount('${ADDRESS}')`)).toBe('closed')
      expect(await errorOf(page, `window.e2e.sync('${MAINNET_ROOT}')`)).toBe('closed')
      expect(await errorOf(page, 'window.e2e.client.close()')).toBe('none')
    })

    test('a `done` that nobody awaits is no unhandled rejection', async ({ openPage, peer, states, uncaught }) => {
      const { address } = await peer([await states.genesis('mainnet')], { throttleBytesPerSecond: BYTES_PER_SECOND })
      const page = await openPage(engine)
      const complaints: string[] = []
      page.on('pageerror', (error) => complaints.push(String(error)))
      page.on('console', (message) => complaints.push(message.text()))
      await page.evaluate((address) => window.e2e.open([address]), address)
      await page.evaluate(async (root) => {
        const { client } = window.e2e
        client.sync({ root }) // superseded
        client.sync({ root }).cancel()
        client.sync({ root }) // closed
        await client.close()
      }, MAINNET_ROOT)
      // The browser reports a rejection in a task of its own, at the latest two frames later.
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))
      expect(complaints).toEqual([])
      await page.evaluate(() => void Promise.reject(new Error('the listener works')))
      await expect.poll(() => complaints).toEqual(['Error: the listener works'])
      // So does the listener of every test.
      await expect.poll(() => uncaught.splice(0)).toEqual([expect.stringContaining('the listener works')])
    })
  })
}

test('a worker that is killed rejects every open call with workerDied, and all later ones', async ({
  openPage,
  peer,
  states,
}) => {
  const { address } = await peer([await states.genesis('mainnet')], { throttleBytesPerSecond: BYTES_PER_SECOND })
  const page = await openPage('worker')
  await start(page, address, MAINNET_ROOT)
  await page.waitForFunction(() => (window.e2e.latest.progress?.nodes ?? 0) > 0)
  const ends = await page.evaluate(async (account) => {
    const { client, latest, outcomeOf, workers } = window.e2e
    const open = [latest.sync.done, client.getAccount(account), client.status()]
    workers[0]!.terminate()
    const outcomes = await Promise.all(open.map((call) => outcomeOf(call)))
    const late = await Promise.all(
      [client.getAccount(account), client.sync({ root: latest.progress!.root }).done].map(outcomeOf),
    )
    await client.close()
    return [...outcomes, ...late].map((outcome) => ('code' in outcome ? outcome.code : outcome.state))
  }, ADDRESS)
  expect(ends).toEqual(new Array(5).fill('workerDied'))
})

test('an error that nobody catches in a worker is noticed as one of the page', async ({ openPage, uncaught }) => {
  const page = await openPage('worker')
  await page.evaluate(() => {
    const script = "Promise.reject(new Error('in a worker'))"
    new Worker(URL.createObjectURL(new Blob([script], { type: 'text/javascript' })))
  })
  await expect.poll(() => uncaught.splice(0)).toEqual([expect.stringContaining('in a worker')])
})

for (const [what, answer] of [
  ['is not there', { status: 404, contentType: 'text/plain', body: 'not here' }],
  ['is a page', { contentType: 'text/html', body: '<!doctype html><title>Sign in</title>' }],
  ['does not parse', { contentType: 'text/javascript', body: 'this is no JavaScript' }],
  ['throws', { contentType: 'text/javascript', body: 'throw new Error("no")' }],
] as const) {
  test(`a worker whose script ${what} rejects the opening with workerDied, which names it`, async ({
    openPage,
    context,
    uncaught,
  }) => {
    await context.route('**/nowhere.js', (route) => route.fulfill(answer))
    const page = await openPage('worker')
    const opening = page.evaluate(() =>
      window.e2e
        .createLightClient({
          ...{ database: 'e2e', chainId: 1, peers: [] },
          worker: () => new Worker('nowhere.js', { type: 'module' }),
        })
        .catch(({ code, details }) => ({ code, url: details.url })),
    )
    expect(await opening).toEqual({ code: 'workerDied', url: new URL('nowhere.js', page.url()).href })
    uncaught.length = 0 // what the script throws is its own
  })
}

/** Opens the client with one peer and starts a sync. */
async function start(page: Page, address: string, root: string): Promise<void> {
  await page.evaluate((address) => window.e2e.open([address]), address)
  await page.evaluate((root) => void window.e2e.start({ root }), root)
}

function latest(page: Page) {
  return page.evaluate(() => {
    const { progress, outcome } = window.e2e.latest
    return { progress, outcome }
  })
}

/** Returns the code of the rejection of `expression`, run in the page; `none` if the expression resolves. */
async function errorOf(page: Page, expression: string): Promise<string> {
  const outcome = await page.evaluate<{ code?: string }>(`window.e2e.outcomeOf(${expression})`)
  return outcome.code ?? 'none'
}

/** Returns an account of mainnet's genesis with its leaf in `page`. The leaf is a view of the page's bytes. */
async function someAccountIn({ nodes }: StoredPage): Promise<{ account: ExpectedAccount; leaf: Uint8Array }> {
  for (const account of (await genesisOf('mainnet')).accounts) {
    const key = bytesToHex(keccak256(hexToBytes(account.address.slice(2)))) as Path
    const path = [...Array(KEY_NIBBLES).keys()]
      .map((length) => key.slice(0, length) as Path)
      .findLast((it) => nodes.has(it))
    const leaf = path === undefined ? undefined : nodes.get(path)!
    // A leaf holds the rest of the key behind its path, in whole bytes from the back.
    if (leaf !== undefined && bytesToHex(leaf).includes(key.slice(path!.length + (path!.length % 2))))
      return { account, leaf }
  }
  throw new Error('the page holds no leaf')
}
