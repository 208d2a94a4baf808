/** Tabs serving tabs: each in a browser context of its own, connected over WebRTC, with a relay for the signalling. */
import type { Page } from '@playwright/test'
import { startRelay } from '../src/server/index.ts'
import type { NodeSource } from '../src/trie/node-source.ts'
import { differences, NO_DIFFERENCES, nodesOf, readDisk } from './disk.ts'
import { expect } from './fixtures.ts'
import { genesisOf } from './genesis.ts'
import { generatedNodes } from './oracle.ts'
import type { Vice } from './peers.ts'
import { MAINNET_ROOT, rootOf } from './states.ts'
import { connect, openServing, selectedPairs, test } from './webrtc.ts'

const ACCOUNTS = 6_000
const SEED = 5

test.describe.configure({ timeout: 120_000 })

for (const engine of ['worker', 'window'] as const) {
  test(`engine in the ${engine}: a tab syncs from another tab, directly, when no server has the state any more`, async ({
    openTab,
    relay,
    peer,
    states,
  }) => {
    const server = await peer([await states.genesis('mainnet')])
    const { accounts } = await genesisOf('mainnet')

    const a = await openTab(engine)
    const address = await openServing(a, relay, [server.address])
    await a.evaluate((root) => window.e2e.sync(root), MAINNET_ROOT)
    await server.stop()

    const b = await openTab(engine)
    await b.evaluate((address) => window.e2e.open([address]), address)
    const summary = await b.evaluate((root) => window.e2e.sync(root), MAINNET_ROOT)
    expect(summary).toMatchObject({ phase: 'complete', fraction: 1, nodes: 12_356, accounts: 8893 })
    const answers = await b.evaluate(
      (addresses) => window.e2e.readAccounts(addresses),
      accounts.map(({ address }) => address),
    )
    const values = accounts.map(({ address: _, ...value }) => value)
    expect(JSON.parse(answers)).toEqual(values.map((value) => ({ root: MAINNET_ROOT, value })))

    const [peerOfB] = await b.evaluate(() => window.e2e.peers())
    expect(peerOfB).toMatchObject({ transport: 'webrtc', address, roots: [MAINNET_ROOT] })
    expect(peerOfB!.wireBytes).toBeGreaterThan(1_000_000)
    const [pair] = await selectedPairs(b)
    expect(pair).toMatchObject({ local: 'host', protocol: 'udp' })
    expect(['host', 'prflx']).toContain(pair!.remote)
    expect(pair!.bytes).toBeGreaterThan(peerOfB!.wireBytes)
  })
}

test('two tabs have a part of the key space each; a third completes from both', async ({
  openTab,
  peer,
  states,
  atEnd,
}) => {
  const state = await states.generated(ACCOUNTS, SEED)
  const root = rootOf(state)
  // The parts overlap: a tab does not serve its unwritten nodes at the end of its part.
  const parts = ['012345678', '789abcdef']
  const addresses: string[] = []
  for (const part of parts) {
    // A relay for each: over the same relay the tabs would find, and complete, each other.
    const relay = await startRelay()
    atEnd(() => relay.close())
    const server = await peer([state], { vice: only(part) })
    const tab = await openTab()
    addresses.push(await openServing(tab, relay, [server.address]))
    await tab.evaluate((root) => void window.e2e.start({ root }), root)
    await tab.waitForFunction(() => window.e2e.latest.stalls.length > 0)
    await server.stop()
  }

  const third = await openTab()
  await connect(third, addresses)
  await third.evaluate((root) => window.e2e.sync(root), root)
  const peers = await third.evaluate(() => window.e2e.peers())
  for (const { wireBytes } of peers) expect(wireBytes).toBeGreaterThan(state.info.bytes / 4)
  await expectEverything(third)
})

test('a tab that lies is found out and dropped; the sync completes from an honest one', async ({
  openTab,
  relay,
  peer,
  states,
}) => {
  const state = await states.generated(ACCOUNTS, SEED)
  const server = await peer([state])
  const tabs = [await openTab(), await openTab()] as const
  const addresses: string[] = []
  for (const tab of tabs) {
    addresses.push(await openServing(tab, relay, [server.address]))
    await tab.evaluate((root) => window.e2e.sync(root), rootOf(state))
  }
  await server.stop()
  await tabs[1].evaluate(lie)

  const b = await openTab()
  await connect(b, addresses)
  await b.evaluate((root) => window.e2e.sync(root), rootOf(state))
  const [honest, liar] = await b.evaluate(() => window.e2e.peers())
  expect(honest).toMatchObject({ address: addresses[0], state: 'connected' })
  expect(liar).toMatchObject({ address: addresses[1], state: 'banned', reason: 'lied' })
  await expectEverything(b)
})

test('a tab that knows nobody but a relay finds a tab that serves', async ({ openTab, relay, peer, states }) => {
  const state = await states.generated(ACCOUNTS, SEED)
  const server = await peer([state])
  const a = await openTab()
  const address = await openServing(a, relay, [server.address])
  await a.evaluate((root) => window.e2e.sync(root), rootOf(state))
  await server.stop()

  const b = await openTab()
  await b.evaluate((relays) => window.e2e.open([], { webrtc: { relays } }), relay.multiaddrs)
  await b.evaluate((root) => window.e2e.sync(root), rootOf(state))
  expect(await b.evaluate(() => window.e2e.peers())).toMatchObject([{ address, transport: 'webrtc' }])
  await expectEverything(b)
})

test('a hidden tab serves nobody, and goes on when it is seen again', async ({ openTab, relay, peer, states }) => {
  const state = await states.generated(500, SEED)
  const server = await peer([state])
  const a = await openTab()
  const address = await openServing(a, relay, [server.address])
  await a.evaluate((root) => window.e2e.sync(root), rootOf(state))
  await server.stop()
  await a.evaluate(show, false)

  const b = await openTab()
  await connect(b, [address])
  await b.evaluate((root) => void window.e2e.start({ root }), rootOf(state))
  await b.waitForFunction(() => window.e2e.latest.stalls.length > 0)
  expect(await b.evaluate(() => window.e2e.latest.stalls)).toEqual(['rootUnavailable'])
  expect(await b.evaluate(() => window.e2e.latest.progress?.nodes)).toBe(0)
  await a.evaluate(show, true)
  await b.evaluate(() => window.e2e.latest.sync.done)
})

for (const engine of ['worker', 'window'] as const) {
  test(`engine in the ${engine}: libp2p nodes of the application's own do as well`, async ({
    openTab,
    relay,
    peer,
    states,
  }) => {
    const state = await states.generated(500, SEED)
    const server = await peer([state])
    const ownNodeOn = relay.multiaddrs[0]!
    const a = await openTab(engine)
    await a.evaluate(({ peers, ownNodeOn }) => window.e2e.open(peers, { ownNodeOn, serve: {} }), {
      peers: [server.address],
      ownNodeOn,
    })
    await a.waitForFunction(() => window.e2e.client.addresses().length > 0)
    await a.evaluate((root) => window.e2e.sync(root), rootOf(state))
    await server.stop()

    const b = await openTab(engine)
    const address = await a.evaluate(() => window.e2e.client.addresses()[0]!)
    await b.evaluate(({ peers, ownNodeOn }) => window.e2e.open(peers, { ownNodeOn }), { peers: [address], ownNodeOn })
    await b.evaluate((root) => window.e2e.sync(root), rootOf(state))
    expect(await b.evaluate(() => window.e2e.peers())).toMatchObject([{ address, transport: 'webrtc' }])
    expect((await selectedPairs(b))[0]).toMatchObject({ local: 'host', protocol: 'udp' })
  })
}

test('when the tab that serves is closed, another tab of its origin serves what they share', async ({
  openTab,
  relay,
  peer,
  states,
}) => {
  const state = await states.generated(500, SEED)
  const server = await peer([state])
  const first = await openTab()
  const address = await openServing(first, relay, [server.address])
  await first.evaluate((root) => window.e2e.sync(root), rootOf(state))
  await server.stop()
  const second = await first.context().newPage()
  await second.goto(first.url())
  await second.waitForFunction(() => window.e2e !== undefined)
  await second.evaluate((relays) => window.e2e.open([], { serve: {}, webrtc: { relays } }), relay.multiaddrs)
  expect(await second.evaluate(() => window.e2e.client.addresses())).toEqual([])
  await first.evaluate(() => window.e2e.client.close())
  expect(await first.evaluate(() => window.e2e.client.addresses())).toEqual([])
  await second.waitForFunction(() => window.e2e.client.addresses().length > 0)
  const [next] = await second.evaluate(() => window.e2e.client.addresses())
  expect(next).not.toBe(address)

  const b = await openTab()
  await b.evaluate((address) => window.e2e.open([address!]), next)
  await b.evaluate((root) => window.e2e.sync(root), rootOf(state))
})

test('whoever does not ask for WebRTC loads nothing of it', async ({ openTab, peer, states, relay }) => {
  const state = await states.generated(500, SEED)
  const server = await peer([state])
  const loaded = async (webrtc: boolean) => {
    const page = await openTab()
    const scripts: string[] = []
    page.context().on('request', (request) => scripts.push(request.url()))
    const options = webrtc ? { webrtc: { relays: relay.multiaddrs } } : {}
    await page.evaluate(({ peers, options }) => window.e2e.open(peers, options), { peers: [server.address], options })
    await page.evaluate((root) => window.e2e.sync(root), rootOf(state))
    return scripts.filter((url) => /\/window-node|webrtc|window-host|remote-window/.test(url)).length
  }
  expect(await loaded(false)).toBe(0)
  expect(await loaded(true)).toBeGreaterThan(1)
})

test('a tab that was not asked to serve takes no call', async ({ openTab, relay, peer, states }) => {
  const server = await peer([await states.generated(500, SEED)])
  const a = await openTab()
  await a.evaluate(({ relays, peers }) => window.e2e.open(peers, { webrtc: { relays } }), {
    relays: relay.multiaddrs,
    peers: [server.address],
  })
  await a.evaluate((root) => window.e2e.sync(root), rootOf(await states.generated(500, SEED)))
  expect(await a.evaluate(() => window.e2e.client.addresses())).toEqual([])
  expect(await a.evaluate(() => window.connections.length)).toBe(0)
})

/** Answers only below the first nibbles of `part`, the root itself excepted. */
function only(part: string): Vice {
  const has = (path: string) => path === '' || part.includes(path[0]!)
  return (source: NodeSource) => ({
    ...source,
    async run(root, ref, maxNodes, maxBytes) {
      if (!has(ref.path)) return new Uint8Array()
      return source.run(root, ref, ref.path === '' ? 1 : maxNodes, maxBytes)
    },
  })
}

/** In a page: flips a bit in the middle of every large message to another tab. */
function lie(): void {
  const send = RTCDataChannel.prototype.send as (data: ArrayBufferView<ArrayBuffer>) => void
  RTCDataChannel.prototype.send = function (this: RTCDataChannel, data: unknown) {
    const bytes = data as Uint8Array<ArrayBuffer>
    if (bytes.byteLength < 8192) return send.call(this, bytes)
    const lie = bytes.slice()
    lie[lie.length >> 1]! ^= 1
    return send.call(this, lie)
  }
}

/** In a page: pretends a switch of the user to another tab, or back. */
function show(isSeen: boolean): void {
  Object.defineProperty(document, 'visibilityState', { value: isSeen ? 'visible' : 'hidden', configurable: true })
  document.dispatchEvent(new Event('visibilitychange'))
}

/** Expects the disk of `page` to hold exactly the generated state. */
async function expectEverything(page: Page): Promise<void> {
  const expected = await generatedNodes(ACCOUNTS, SEED)
  const disk = await readDisk(page)
  expect(differences(nodesOf([...disk.pages, ...disk.loose]), expected.nodes)).toEqual(NO_DIFFERENCES)
  expect(differences(disk.codes, expected.codes)).toEqual(NO_DIFFERENCES)
}
