/** Peers with a vice, beside an honest one, and a liar alone. */
import type { Page } from '@playwright/test'
import type { PeerInfo } from '../src/index.ts'
import { type Disk, differences, NO_DIFFERENCES, nodesOf, readDisk } from './disk.ts'
import { expect, test } from './fixtures.ts'
import { type ExpectedNodes, generatedNodes } from './oracle.ts'
import { corrupt, empty, quitting, silent, type TestPeer } from './peers.ts'
import { rootOf } from './states.ts'

const ACCOUNTS = 4_000
const SEED = 3
/** The honest peer is slow, so the other one is asked as well, and again. */
const BYTES_PER_SECOND = 500_000
const NO_SUCH_ROOT = `0x${'11'.repeat(32)}`

let expected: ExpectedNodes

test.beforeAll(async () => {
  expected = await generatedNodes(ACCOUNTS, SEED)
})

test('a peer that flips one bit of one node is disconnected; nothing of the lie is stored', async ({
  openPage,
  peer,
  states,
}) => {
  const state = await states.generated(ACCOUNTS, SEED)
  const vice = corrupt()
  const liar = await peer([state], { vice })
  const honest = await peer([state], { throttleBytesPerSecond: BYTES_PER_SECOND })
  const page = await openPage()
  await connect(page, [liar, honest])
  await page.evaluate((root) => window.e2e.sync(root), rootOf(state))
  expect(vice.lies()).toBe(1)
  expect(await peerAt(page, liar)).toMatchObject({ state: 'banned', reason: 'lied' })
  expect((await peerAt(page, honest)).state).toMatch(/connected|busy/)
  expectEverything(await readDisk(page))
})

test('a peer that answers nothing holds nobody up', async ({ openPage, peer, states }) => {
  const state = await states.generated(ACCOUNTS, SEED)
  const useless = await peer([state], { vice: empty })
  const honest = await peer([state], { throttleBytesPerSecond: BYTES_PER_SECOND })
  const page = await openPage()
  await connect(page, [useless, honest])
  await page.evaluate((root) => window.e2e.sync(root), rootOf(state))
  expect(useless.served.answers).toBeGreaterThan(0)
  expect(useless.served.paths()).toEqual([])
  expect((await peerAt(page, useless)).score).toBeLessThan((await peerAt(page, honest)).score)
  expectEverything(await readDisk(page))
})

test('what a peer owes that leaves in the middle is asked of another', async ({ openPage, peer, states }) => {
  const state = await states.generated(ACCOUNTS, SEED)
  const quitter = await peer([state], { vice: quitting(2) })
  const honest = await peer([state], { throttleBytesPerSecond: BYTES_PER_SECOND })
  const page = await openPage()
  await connect(page, [quitter, honest])
  await page.evaluate((root) => window.e2e.sync(root), rootOf(state))
  expect(quitter.served.paths().length).toBeGreaterThan(0)
  expect((await peerAt(page, quitter)).reason).toMatch(/disconnected|dialFailed/)
  expectEverything(await readDisk(page))
})

test('what a silent peer was asked for is asked of another', async ({ openPage, peer, states }) => {
  const state = await states.generated(ACCOUNTS, SEED)
  const vice = silent()
  const mute = await peer([state], { vice })
  const honest = await peer([state], { throttleBytesPerSecond: BYTES_PER_SECOND })
  const page = await openPage()
  await connect(page, [mute, honest])
  await page.evaluate((root) => window.e2e.sync(root), rootOf(state))
  // The silent peer still owes the answer. Whether its time is over depends on the machine's speed.
  expect(vice.asked()).toBeGreaterThan(0)
  expect(await peerAt(page, mute)).toMatchObject({ bytesPerSecond: 0 })
  expectEverything(await readDisk(page))
})

test('a liar alone is banned; the sync is stalled, says why, and stores nothing false', async ({
  openPage,
  peer,
  states,
}) => {
  const state = await states.generated(ACCOUNTS, SEED)
  const liar = await peer([state], { vice: corrupt() })
  const page = await openPage()
  await page.evaluate((address) => window.e2e.open([address]), liar.address)
  await page.evaluate((root) => void window.e2e.start({ root }), rootOf(state))
  await page.waitForFunction(() => window.e2e.latest.stalls.length > 0)
  expect(await peerAt(page, liar)).toMatchObject({ state: 'banned', reason: 'lied' })
  expect(await page.evaluate(() => window.e2e.latest.stalls)).toEqual(['noPeers'])
  expect(await page.evaluate(() => window.e2e.latest.progress)).toMatchObject({ phase: 'stalled', reason: 'noPeers' })
  expect(await page.evaluate(() => window.e2e.latest.outcome.state)).toBe('pending')

  await page.evaluate(() => window.e2e.client.close())
  const disk = await readDisk(page)
  const stored = nodesOf([...disk.pages, ...disk.loose])
  expect(stored.size).toBeGreaterThan(0)
  expect(stored.size).toBeLessThan(expected.nodes.size)
  expect(differences(stored, expected.nodes)).toMatchObject({ surplus: [], different: [] })
})

/** Opens the client and waits until all `peers` are connected: an unknown root keeps the dialer busy. */
async function connect(page: Page, peers: readonly TestPeer[]): Promise<void> {
  const addresses = peers.map(({ address }) => address)
  await page.evaluate((addresses) => window.e2e.open(addresses), addresses)
  await page.evaluate((root) => void window.e2e.start({ root }), NO_SUCH_ROOT)
  await page.waitForFunction(
    (count) => window.e2e.peers().filter(({ state }) => state === 'connected').length === count,
    addresses.length,
  )
}

async function peerAt(page: Page, { address }: TestPeer): Promise<PeerInfo> {
  const peers = await page.evaluate(() => window.e2e.peers())
  return peers.find((peer) => peer.address === address)!
}

/** Expects the disk to hold exactly the state. */
function expectEverything(disk: Disk): void {
  expect(differences(nodesOf([...disk.pages, ...disk.loose]), expected.nodes)).toEqual(NO_DIFFERENCES)
  expect(differences(disk.codes, expected.codes)).toEqual(NO_DIFFERENCES)
  expect(disk.wanted).toBe(0)
}
