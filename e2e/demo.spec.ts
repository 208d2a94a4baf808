/** The demo, as a person uses it: with the mouse, with the keyboard alone, and without any peer. */
import { writeFile } from 'node:fs/promises'
import { verifyMerkleProof } from '@ethereumjs/mpt'
import { hexToBytes } from '@noble/hashes/utils.js'
import type { Page } from '@playwright/test'
import { CHAIN_ID } from '../demo/contracts/wallet-genesis.ts'
import type { PeerConfig } from '../demo/peer-config.ts'
import { HOLDERS, TOKEN, tokenGenesis } from '../demo/token-genesis.ts'
import { decodeAccount } from '../src/trie/account.ts'
import { keccak256 } from '../src/trie/keccak.ts'
import { expect, test } from './fixtures.ts'
import { genesisOf } from './genesis.ts'
import { longTasksDuring } from './main-thread.ts'
import type { TestPeer } from './peers.ts'
import { MAINNET_ROOT, rootOf } from './states.ts'

/** Mainnet's genesis takes some three seconds: time to stop in the middle. */
const BYTES_PER_SECOND = 500_000

const RICHEST = { address: '0x5abfec25f74cd88437631a7731906932776356f9', balance: '11,901,484.23948 ETH' }
const ABSENT = '0x000000000000000000000000000000000000dEaD'

test('start, stop, continue, 100 %, look up: without a long task or a complaint', async ({
  page,
  site,
  peer,
  states,
}) => {
  const genesis = await genesisOf('mainnet')
  expect(genesis.accounts).toContainEqual(
    expect.objectContaining({ address: RICHEST.address, balance: '11901484239480000000000000', nonce: '0' }),
  )
  const server = await peer([await states.genesis('mainnet')], { throttleBytesPerSecond: BYTES_PER_SECOND })
  const complaints = listen(page)
  await openDemo(page, site, server)
  await expect(page.getByTestId('root')).toHaveValue(MAINNET_ROOT)
  await expect(page.getByTestId('peer')).toHaveValue(server.address)

  const longTasks = await longTasksDuring(page, async () => {
    await page.getByTestId('start').click()
    await expect.poll(() => fractionOf(page)).toBeGreaterThan(15)
    await page.getByTestId('stop').click()
    await expect(page.getByTestId('phase')).toHaveText('paused')
    expect(await fractionOf(page)).toBeLessThan(90)
    await expect(page.getByTestId('start')).toHaveText('Continue')
    await page.getByTestId('start').click()
    await expect(page.getByTestId('phase')).toHaveText('complete')
  })
  expect(longTasks).toEqual([])
  expect(await fractionOf(page)).toBe(100)
  await expect(page.getByTestId('nodes')).toHaveText('12,356')
  await expect(page.getByTestId('accounts')).toHaveText('8,893')

  await lookUp(page, RICHEST.address)
  await expectRichest(page)
  await lookUp(page, ABSENT)
  await expect(page.getByTestId('verdict')).toContainText('Absent – proven')
  await expect(page.getByTestId('balance')).toHaveText('–')
  expect(complaints).toEqual([])
})

test('the measure of long tasks sees one', async ({ page }) => {
  const longTasks = await longTasksDuring(page, async () => {
    // Work, not time: a busy machine takes longer for it and does no more.
    await page.evaluate(() => {
      let sum = 0
      for (let i = 0; i < 300_000_000; i++) sum = Math.imul(sum ^ i, 16_777_619)
      return sum
    })
  })
  expect(longTasks.length).toBeGreaterThan(0)
})

test('everything can be done by keyboard, on a phone', async ({ page, site, peer, states }) => {
  const server = await peer([await states.genesis('mainnet')], { throttleBytesPerSecond: BYTES_PER_SECOND })
  const complaints = listen(page)
  await page.setViewportSize({ width: 360, height: 740 })
  await openDemo(page, site, server)
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360)

  const { keyboard } = page
  for (const id of ['peer', 'root', 'everything', 'offline', 'start']) {
    await keyboard.press('Tab')
    await expect(page.getByTestId(id)).toBeFocused()
  }
  await keyboard.press('Enter')
  // The button that was pressed is of no use now; the one beside it is.
  await expect(page.getByTestId('stop')).toBeFocused()
  await expect.poll(() => fractionOf(page)).toBeGreaterThan(5)
  await keyboard.press('Space')
  await expect(page.getByTestId('phase')).toHaveText('paused')
  await expect(page.getByTestId('start')).toBeFocused()
  await keyboard.press('Enter')
  await expect(page.getByTestId('phase')).toHaveText('complete')

  await page.getByTestId('address').focus()
  await keyboard.type(RICHEST.address)
  await keyboard.press('Enter')
  await expectRichest(page)
  expect(complaints).toEqual([])
})

test('a later visit, with the peer gone, answers from disk', async ({ page, site, peer, states }) => {
  const server = await peer([await states.genesis('mainnet')])
  const complaints = listen(page)
  await openDemo(page, site, server)
  await page.getByTestId('start').click()
  await expect(page.getByTestId('phase')).toHaveText('complete')
  await page.goto('about:blank')
  await server.stop()

  await openDemo(page, site, null)
  await expect(page.getByTestId('phase')).toHaveText('complete')
  expect(await fractionOf(page)).toBe(100)
  await expect(page.getByTestId('root')).toHaveValue(MAINNET_ROOT)
  await lookUp(page, RICHEST.address)
  await expectRichest(page)
  await lookUp(page, ABSENT)
  await expect(page.getByTestId('verdict')).toContainText('Absent – proven')

  await page.getByTestId('persist').click()
  const answer = (await page.evaluate(() => navigator.storage.persisted())) ? 'keeps it' : 'does not promise to keep it'
  await expect(page.getByTestId('persist-answer')).toContainText(answer)
  expect(complaints).toEqual([])
})

test('a wallet’s view: balances before and during a sync, proofs, what is watched alone, and offline', async ({
  page,
  site,
  peer,
  states,
}, info) => {
  const path = info.outputPath('tokens.json')
  await writeFile(path, JSON.stringify(tokenGenesis()))
  const source = await states.file(path)
  const server = await peer([source], { throttleBytesPerSecond: BYTES_PER_SECOND })
  const complaints = listen(page)
  const root = rootOf(source)
  await openDemo(page, site, server, { root, chainId: CHAIN_ID, token: TOKEN })
  const [first, second] = Object.keys(HOLDERS) as [string, string]
  const row = (address: string) => page.locator(`[data-address="${address.toLowerCase()}"]`)
  const watch = async (address: string) => {
    await page.getByTestId('watch').fill(address)
    await page.getByTestId('watch-button').click()
  }

  // Nothing is synced: the balance is fetched, and verified against the root in the field.
  await watch(first)
  await expect(row(first).getByTestId('ether')).toHaveText(RICHEST.balance)
  await expect(row(first).getByTestId('note')).toContainText('erified against')
  await expect(page.getByTestId('phase')).toHaveText('idle')

  // While the sync runs, without a long task: what is new, a token, and what is not there.
  const longTasks = await longTasksDuring(page, async () => {
    await page.getByTestId('start').click()
    await expect.poll(() => fractionOf(page)).toBeGreaterThan(0)
    await watch(second)
    await watch(ABSENT)
    await expect(row(second).getByTestId('ether')).toHaveText('200 ETH')
    await expect(row(second).getByTestId('tokens')).toHaveText('42 OIL')
    await expect(row(first).getByTestId('tokens')).toHaveText('2.5 OIL')
    await expect(row(ABSENT).getByTestId('note')).toContainText('No such account, which is proven')
    expect(await fractionOf(page)).toBeLessThan(100)
  })
  expect(longTasks).toEqual([])

  // The proof that is shown convinces somebody else.
  await row(second).getByRole('button', { name: 'Proof' }).click()
  await expect(row(second).getByTestId('proof-root')).toHaveText(root)
  const nodes = await row(second).locator('.nodes code').allTextContents()
  const bytes = nodes.map((node) => hexToBytes(node.slice(2)))
  const leaf = await verifyMerkleProof(keccak256(hexToBytes(second.slice(2))), bytes, {
    root: hexToBytes(root.slice(2)),
  })
  expect(decodeAccount(leaf!).balance).toBe(200n * 10n ** 18n)

  // What is watched alone is complete at once.
  await page.getByTestId('watched-only').check()
  await expect(page.getByTestId('phase')).toHaveText('complete')
  await expect(page.getByTestId('accounts')).not.toHaveText('8,899')

  // Offline, it is there; another address is not, and says so.
  await server.stop()
  await page.getByTestId('offline').check()
  await expect(page.getByTestId('start')).toBeDisabled()
  await expect(row(second).getByTestId('ether')).toHaveText('200 ETH')
  await expect(row(second).getByTestId('tokens')).toHaveText('42 OIL')
  const elsewhere = '0x2a8e0a3b1a2d1b1f5b6ad8a1b1d6e2b4c3d4e5f6'
  await watch(elsewhere)
  await expect(row(elsewhere).getByTestId('note')).toContainText('Not on this disk')

  // And it is remembered.
  await row(elsewhere).getByRole('button', { name: 'Watch' }).click()
  await page.reload()
  await expect(row(second).getByTestId('ether')).toHaveText('200 ETH')
  await expect(row(elsewhere)).toHaveCount(0)
  expect(complaints).toEqual([])
})

/** Opens the demo as `npm run demo` serves it beside a running peer, or beside one that has ended. */
async function openDemo(
  page: Page,
  site: string,
  server: TestPeer | null,
  more: Partial<PeerConfig> = {},
): Promise<void> {
  const config = server && { ...peerConfig(server), ...more }
  await page.unrouteAll()
  await page.route('**/peer.json', (route) => route.fulfill(config === null ? { status: 204 } : { json: config }))
  await page.goto(`${site}demo/`)
  await expect(page.getByTestId('start')).toBeEnabled()
}

function peerConfig({ address }: TestPeer): PeerConfig {
  const peerId = address.split('/').at(-1)!
  const counts = { accounts: 8893, nodes: 12_356 }
  return { root: MAINNET_ROOT, peerId, multiaddrs: [address], ...counts, name: 'mainnet genesis', chainId: 1 }
}

async function lookUp(page: Page, address: string): Promise<void> {
  await page.getByTestId('address').fill(address)
  await page.getByTestId('lookup').click()
}

async function expectRichest(page: Page): Promise<void> {
  await expect(page.getByTestId('result')).toHaveAttribute('data-state', 'found')
  await expect(page.getByTestId('balance')).toHaveText(RICHEST.balance)
  await expect(page.getByTestId('nonce')).toHaveText('0')
  await expect(page.getByTestId('code-size')).toHaveText('0 bytes')
  await expect(page.getByTestId('read-root')).toHaveAttribute('title', MAINNET_ROOT)
}

/** The percentage that the page shows. */
async function fractionOf(page: Page): Promise<number> {
  return Number.parseFloat((await page.getByTestId('fraction').textContent()) ?? '')
}

/** What the page says on the console, and what it throws. */
function listen(page: Page): readonly string[] {
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  return complaints
}
