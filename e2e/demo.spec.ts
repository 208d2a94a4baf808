/** The demo, as a person uses the demo: with the mouse, with the keyboard alone, and without any peer. */
import { writeFile } from 'node:fs/promises'
import { verifyMerkleProof } from '@ethereumjs/mpt'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import type { Locator, Page, TestInfo } from '@playwright/test'
import { CHAIN_ID } from '../demo/contracts/wallet-genesis.ts'
import { CELLS } from '../demo/keyspace.ts'
import { mappingSlot } from '../demo/mapping-slot.ts'
import type { PeerConfig } from '../demo/peer-config.ts'
import { HOLDERS, TOKEN, tokenGenesis } from '../demo/token-genesis.ts'
import { decodeAccount, decodeSlot } from '../src/trie/account.ts'
import { keccak256 } from '../src/trie/keccak.ts'
import { expect, test } from './fixtures.ts'
import { genesisOf } from './genesis.ts'
import { longTasksDuring } from './main-thread.ts'
import type { TestPeer } from './peers.ts'
import { MAINNET_ROOT, rootOf } from './states.ts'

/** Mainnet's genesis takes some three seconds: time to stop in the middle. */
const BYTES_PER_SECOND = 500_000
/** Ten seconds: time to look at proofs during the sync. */
const SLOW_BYTES_PER_SECOND = 150_000

const RICHEST = { address: '0x5abfec25f74cd88437631a7731906932776356f9', balance: '11,901,484.23948 ETH' }
const ABSENT = '0x000000000000000000000000000000000000dEaD'
/** Two holders of tokens. */
const [FIRST, SECOND] = Object.keys(HOLDERS) as [keyof typeof HOLDERS, keyof typeof HOLDERS]
const TOKEN_CHAIN = { chainId: CHAIN_ID, blockNumber: 0, token: TOKEN }

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

test('a second tab shows the sync of the first, goes on with it when that is closed, and says that it is complete', async ({
  page,
  site,
  peer,
  states,
  context,
}, testInfo) => {
  const server = await peer([await states.genesis('mainnet')], { throttleBytesPerSecond: SLOW_BYTES_PER_SECOND })
  await openDemo(page, site, server)
  await page.getByTestId('start').click()
  await expect.poll(() => fractionOf(page)).toBeGreaterThan(5)
  const second = await context.newPage()
  const complaints = listen(second)
  await openDemo(second, site, server)
  await expect(second.getByTestId('phase')).toHaveText('syncing')
  await expect(second.locator('#detail')).toHaveText(/^Every node is checked/)
  await expect.poll(() => fractionOf(second)).toBeGreaterThan(5)
  await second.screenshot({ path: testInfo.outputPath('second-tab.png'), fullPage: true })
  expect(await fractionOf(page)).toBeLessThan(100)

  await page.close({ runBeforeUnload: true })
  const before = await fractionOf(second)
  await expect.poll(() => fractionOf(second)).toBeGreaterThan(before)
  await expect(second.getByTestId('phase')).toHaveText('complete')
  expect(await fractionOf(second)).toBe(100)
  await expect(second.locator('#detail')).toHaveText(/^Verified against root/)
  await lookUp(second, RICHEST.address)
  await expectRichest(second)
  expect(complaints).toEqual([])
})

test('the measure of long tasks sees one', async ({ page }) => {
  const longTasks = await longTasksDuring(page, async () => {
    // Measures work, not time: a busy machine takes longer for the same work.
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
  // The pressed button is of no use now; the button beside it is.
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

  await page.getByTestId('watch').focus()
  await keyboard.type(RICHEST.address)
  await keyboard.press('Enter')
  await expect(row(page, RICHEST.address).getByTestId('ether')).toHaveText(RICHEST.balance)
  await row(page, RICHEST.address).getByRole('button', { name: 'Proof' }).focus()
  await keyboard.press('Enter')
  await expect(row(page, RICHEST.address).getByTestId('proof-root')).toHaveText(MAINNET_ROOT)
  await row(page, RICHEST.address).locator('summary').first().focus()
  await keyboard.press('Enter')
  await expect(row(page, RICHEST.address).locator('.nodes code').first()).toBeVisible()
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360)
  await row(page, RICHEST.address).getByRole('button', { name: 'Remove' }).focus()
  await keyboard.press('Enter')
  await expect(page.getByTestId('watch')).toBeFocused()
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
  const source = await states.file(await tokenStateIn(info))
  const server = await peer([source], { throttleBytesPerSecond: SLOW_BYTES_PER_SECOND })
  const complaints = listen(page)
  const root = rootOf(source)
  const elsewhere = await lastAccount()
  await openDemo(page, site, server, { ...TOKEN_CHAIN, root })

  // Without a sync: the balance is fetched, and verified against the root in the field.
  await watch(page, FIRST)
  await expect(row(page, FIRST).getByTestId('ether')).toHaveText(RICHEST.balance)
  await expect(row(page, FIRST).getByTestId('nonce')).toHaveText('Nonce 0')
  await expect(row(page, FIRST).getByTestId('note')).toContainText(`Verified against root ${root.slice(0, 10)}`)
  await expect(page.getByTestId('phase')).toHaveText('idle')

  // Without a long task:
  const longTasks = await longTasksDuring(page, async () => {
    // While the sync runs: a new account, a token, and an absent account.
    await page.getByTestId('start').click()
    await expect.poll(() => fractionOf(page)).toBeGreaterThan(0)
    await watch(page, SECOND)
    await watch(page, ABSENT)
    await expectSecond(page)
    await expect(row(page, FIRST).getByTestId('tokens')).toHaveText('2.5 OIL')
    await expect(row(page, ABSENT).getByTestId('note')).toContainText('Proven absent against root')
    await expect(row(page, SECOND).getByTestId('note')).toContainText('block 0')
    await expect(row(page, SECOND).locator('[data-place="peer"]')).toBeVisible()
    expect(await fractionOf(page)).toBeLessThan(100)

    // The shown proofs convince an independent verifier.
    await row(page, SECOND).getByRole('button', { name: 'Proof' }).click()
    await expect(row(page, SECOND).getByTestId('proof-root')).toHaveText(root)
    const [account, token, balance] = await Promise.all([0, 1, 2].map((index) => shownNodes(page, SECOND, index)))
    expect(decodeAccount(await proven(account!, SECOND, root)).balance).toBe(200n * 10n ** 18n)
    const { storageRoot } = decodeAccount(await proven(token!, TOKEN.address, root))
    const slot = await proven(balance!, mappingSlot(SECOND, 0n), `0x${bytesToHex(storageRoot)}`)
    expect(decodeSlot(slot)).toBe(HOLDERS[SECOND])

    // In the middle of everything, the watched accounts alone are complete at once.
    expect(await fractionOf(page)).toBeLessThan(100)
    await page.getByTestId('watched-only').check()
    await expect(page.getByTestId('phase')).toHaveText('complete')
    await expect(page.getByTestId('detail')).toContainText('What is watched')
    await expect(row(page, SECOND).locator('[data-place="disk"]')).toBeVisible()
  })
  // Draws proofs and compiles code. A busy machine needs over 50 ms now and then, never twice as much.
  expect(longTasks.filter((ms) => ms > 100)).toEqual([])

  // Offline, the account is readable. Another address is not, and its row says so.
  await server.stop()
  await page.getByTestId('offline').check()
  await expect(page.getByTestId('start')).toBeDisabled()
  await expectSecond(page)
  await watch(page, elsewhere)
  await expect(row(page, elsewhere).getByTestId('note')).toContainText('Not on this disk')
  await expect(row(page, elsewhere).locator('code')).toHaveText('notSynced')
  await expect(row(page, elsewhere).getByTestId('ether')).toHaveText('–')

  // The list is remembered.
  await row(page, elsewhere).getByRole('button', { name: 'Remove' }).click()
  await openDemo(page, site, null)
  await expect(page.getByTestId('watched-only')).toBeChecked()
  await expectSecond(page)
  await expect(row(page, SECOND).locator('[data-place="disk"]')).toBeVisible()
  await expect(row(page, elsewhere)).toHaveCount(0)
  expect(complaints).toEqual([])
})

test('what is watched alone takes few bytes, and everything takes over what it has', async ({
  page,
  site,
  peer,
  states,
}, info) => {
  const source = await states.file(await tokenStateIn(info))
  const server = await peer([source])
  const complaints = listen(page)
  await openDemo(page, site, server, { ...TOKEN_CHAIN, root: rootOf(source) })
  await watch(page, FIRST)
  await watch(page, SECOND)
  await page.getByTestId('watched-only').check()
  await page.getByTestId('start').click()
  await expect(page.getByTestId('phase')).toHaveText('complete')
  await expectSecond(page)
  expect(await wireKilobytesOf(page)).toBeLessThan(50)

  // A newly watched account is fetched at once, and no more.
  await watch(page, ABSENT)
  await expect(row(page, ABSENT).locator('[data-place="disk"]')).toBeVisible()
  expect(await wireKilobytesOf(page)).toBeLessThan(50)
  expect(await keyspaceCells(page)).toBeLessThan(CELLS / 2)

  await page.getByTestId('everything').check()
  await expect.poll(() => keyspaceCells(page)).toBe(CELLS)
  await expect(page.getByTestId('phase')).toHaveText('complete')
  expect(await wireKilobytesOf(page)).toBeGreaterThan(500)
  expect(complaints).toEqual([])
})

/** Opens the demo as `npm run demo` serves it beside a running peer, or beside an ended one. */
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

/** Returns the last account of mainnet's genesis in the order of a sync. */
async function lastAccount(): Promise<string> {
  const { accounts } = await genesisOf('mainnet')
  const keys = accounts.map(({ address }) => [bytesToHex(keccak256(hexToBytes(address.slice(2)))), address] as const)
  return keys.sort().at(-1)![1]
}

async function watch(page: Page, address: string): Promise<void> {
  await page.getByTestId('watch').fill(address)
  await page.getByTestId('watch-button').click()
}

function row(page: Page, address: string): Locator {
  return page.locator(`[data-address="${address.toLowerCase()}"]`)
}

async function expectSecond(page: Page): Promise<void> {
  await expect(row(page, SECOND).getByTestId('ether')).toHaveText('200 ETH')
  await expect(row(page, SECOND).getByTestId('tokens')).toHaveText('42 OIL')
}

/** Returns the nodes of one of the proofs in a row. */
async function shownNodes(page: Page, address: string, index: number): Promise<readonly Uint8Array[]> {
  const nodes = await row(page, address).locator('.proven').nth(index).locator('code').allTextContents()
  return nodes.map((node) => hexToBytes(node.slice(2)))
}

/** Returns the value of an address or a slot proven by the nodes, according to `@ethereumjs/mpt`. */
async function proven(nodes: readonly Uint8Array[], preimage: string, root: string): Promise<Uint8Array> {
  const [key, rootHash] = [keccak256(hexToBytes(preimage.slice(2))), hexToBytes(root.slice(2))]
  return (await verifyMerkleProof(key, [...nodes], { root: rootHash }))!
}

async function wireKilobytesOf(page: Page): Promise<number> {
  const text = (await page.getByTestId('wire-bytes').textContent()) ?? ''
  const [value, unit] = text.split(' ')
  return Number(value) * { B: 0.001, kB: 1, MB: 1000 }[unit as 'B' | 'kB' | 'MB']
}

/** Counts the cells of the key space with some of the colour for verified parts. */
function keyspaceCells(page: Page): Promise<number> {
  return page.getByTestId('keyspace').evaluate((element, cells) => {
    const canvas = element as HTMLCanvasElement
    const side = Math.sqrt(cells)
    const pitch = canvas.width / side
    // The canvas's own context is not made for reading.
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true })!
    copy.drawImage(canvas, 0, 0)
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height)
    const colorAt = (x: number, y: number) => data.slice((y * canvas.width + x) * 4, (y * canvas.width + x) * 4 + 4)
    const empty = getComputedStyle(canvas).getPropertyValue('--cell-empty').trim()
    const channels = [1, 3, 5].map((at) => Number.parseInt(empty.slice(at, at + 2), 16)).join()
    const isFilled = (cell: number) => {
      const color = colorAt((cell % side) * pitch, Math.floor(cell / side) * pitch)
      return color.slice(0, 3).join() !== channels
    }
    return Array.from({ length: cells }, (_, cell) => cell).filter(isFilled).length
  }, CELLS)
}

/** Writes the state with a token. Returns the path. */
async function tokenStateIn(info: TestInfo): Promise<string> {
  const path = info.outputPath('tokens.json')
  await writeFile(path, JSON.stringify(tokenGenesis()))
  return path
}

/** Returns the percentage shown on the page. */
async function fractionOf(page: Page): Promise<number> {
  return Number.parseFloat((await page.getByTestId('fraction').textContent()) ?? '')
}

/** Collects the page's messages on the console, and its errors. */
function listen(page: Page): readonly string[] {
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  return complaints
}
