/**
 * A wallet's view: verified answers at once, during a sync and without one; a scope, and the cost of widening the
 * scope; and peers lying about the requested nodes. The state has 200,000 accounts, so a whole sync takes a while.
 */
import { verifyMerkleProof } from '@ethereumjs/mpt'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import type { Page } from '@playwright/test'
import type { LevelSource } from '../src/server/index.ts'
import { SyntheticState } from '../src/server/synthetic.ts'
import { seededRandom } from '../src/testing/random.ts'
import { decodeAccount } from '../src/trie/account.ts'
import { keccak256 } from '../src/trie/keccak.ts'
import { type Path, pathOfKey, ROOT_PATH } from '../src/trie/path.ts'
import { rlpItemEnd } from '../src/trie/rlp.ts'
import { expect, test } from './fixtures.ts'
import type { Vice } from './peers.ts'
import { rootOf } from './states.ts'

const ACCOUNTS = 200_000
const SEED = 7
const state = new SyntheticState(SEED)

// The state is generated and imported once.
test.describe.configure({ timeout: 180_000 })

const addressOf = (index: number) => `0x${bytesToHex(state.account(index).address)}`

/** Returns the account according to `@ethereumjs/mpt`, from the server's own nodes; `null`: proven absent. */
async function oracleAccount(source: LevelSource, address: string) {
  const key = keccak256(hexToBytes(address.slice(2)))
  const root = hexToBytes(source.info.root)
  const way = await source.path(root, { path: ROOT_PATH, hash: root }, pathOfKey(key))
  const value = await verifyMerkleProof(key, nodesIn(way), { root })
  if (value === null) return null
  const { nonce, balance, storageRoot, codeHash } = decodeAccount(value)
  const hex = (bytes: Uint8Array) => `0x${bytesToHex(bytes)}`
  return { nonce: `${nonce}`, balance: `${balance}`, storageRoot: hex(storageRoot), codeHash: hex(codeHash) }
}

function nodesIn(run: Uint8Array): Uint8Array[] {
  const nodes: Uint8Array[] = []
  for (let at = 0; at < run.length; at = rlpItemEnd(run, at, run.length)) {
    nodes.push(run.slice(at, rlpItemEnd(run, at, run.length)))
  }
  return nodes
}

/** Returns addresses of accounts, and one in ten without an account. */
function someAddresses(count: number): string[] {
  const random = seededRandom(11)
  return Array.from({ length: count }, () => {
    return random() < 0.1 ? `0x${bytesToHex(random.bytes(20))}` : addressOf(random.int(ACCOUNTS))
  })
}

const open = (page: Page, addresses: readonly string[]) =>
  page.evaluate((addresses) => window.e2e.open(addresses), addresses)

test('on an empty database the first balance is there at once, and a thousand reads during the sync are right', async ({
  openPage,
  peer,
  states,
}) => {
  const source = await states.generated(ACCOUNTS, SEED)
  const { address } = await peer([source], { throttleBytesPerSecond: 4_000_000 })
  const page = await openPage()
  await open(page, [address])
  const root = rootOf(source)
  const first = await page.evaluate(
    async ({ root, address }) => {
      const { sync } = window.e2e.start({ root })
      sync.done.catch(() => {})
      const answer = await window.e2e.client.getAccount(address)
      return {
        root: answer.root,
        balance: `${answer.value?.balance}`,
        fraction: window.e2e.latest.progress?.fraction ?? 0,
      }
    },
    { root, address: addressOf(12_345) },
  )
  expect(first).toEqual({ root, balance: `${state.account(12_345).balance}`, fraction: expect.any(Number) })
  expect(first.fraction).toBeLessThan(0.05)

  const addresses = someAddresses(1000)
  const read = JSON.parse(await page.evaluate((addresses) => window.e2e.readAtOnce(addresses, 40), addresses))
  // The accounts were read during the sync, and not after its end.
  expect(await page.evaluate(() => window.e2e.latest.progress?.phase)).toBe('syncing')
  const expected = await Promise.all(addresses.map((address) => oracleAccount(source, address)))
  expect(read).toEqual(expected.map((value) => ({ root, value })))
  expect(expected.filter((value) => value === null).length).toBeGreaterThan(50)

  await page.evaluate(() => window.e2e.latest.sync.done)
  expect(await page.evaluate(() => window.e2e.client.verify())).toMatchObject({ whole: true, damaged: 0 })
})

test('with no sync at all, what is read is fetched, verified, and there again without any peer', async ({
  openPage,
  peer,
  states,
}) => {
  const source = await states.generated(ACCOUNTS, SEED)
  const server = await peer([source])
  const page = await openPage()
  await open(page, [server.address])
  const root = rootOf(source)
  const addresses = [...someAddresses(20), addressOf(3)]
  // An empty scope: from now on the root is known, and nothing else.
  await page.evaluate((root) => window.e2e.start({ root, accounts: [] }).sync.done, root)
  const before = server.requests()
  const expected = await Promise.all(
    addresses.map(async (each) => ({ root, value: await oracleAccount(source, each) })),
  )
  const readAll = (page: Page) => page.evaluate((addresses) => window.e2e.readAtOnce(addresses, 40), addresses)
  expect(JSON.parse(await readAll(page))).toEqual(expected)
  expect(server.requests() - before).toBe(1)
  await page.evaluate(() => window.e2e.client.close())
  await page.close()
  await server.stop()

  const again = await openPage()
  await open(again, [server.address])
  expect(JSON.parse(await readAll(again))).toEqual(expected)
  const missing = await again.evaluate(
    (address) => window.e2e.outcomeOf(window.e2e.client.getAccount(address)),
    addressOf(77),
  )
  expect(missing).toMatchObject({ state: 'rejected', code: 'notSynced' })
})

test('a scope costs what it has, and widening it to everything brings nothing twice', async ({
  openPage,
  peer,
  states,
}) => {
  const source = await states.generated(ACCOUNTS, SEED)
  const { address, served, requests } = await peer([source])
  const page = await openPage()
  await open(page, [address])
  const root = rootOf(source)
  const accounts = someAddresses(20)
  const tokens = tokensIn(2)
  const scope = { root, accounts, storage: Object.fromEntries(tokens.map((token) => [token, 'all' as const])) }
  const part = await page.evaluate((scope) => window.e2e.start(scope).sync.done, scope)
  expect(part).toMatchObject({ phase: 'complete', fraction: 1 })
  const inScope = new Set(served.paths())
  const [partBytes, partRequests] = [part.wireBytes, requests()]
  expect((await page.evaluate(() => window.e2e.client.status())).complete).toMatchObject({ root, whole: false })
  // Watched accounts are read without a request to any peer.
  served.clear()
  const expected = await Promise.all(accounts.map(async (each) => ({ root, value: await oracleAccount(source, each) })))
  const read = await page.evaluate((accounts) => window.e2e.readAtOnce(accounts, 40), accounts)
  expect(JSON.parse(read)).toEqual(expected)
  for (const token of tokens) await expectSlots(page, token)
  expect(requests()).toBe(partRequests)

  const whole = await page.evaluate((root) => window.e2e.sync(root), root)
  const twice = [...served.paths()].filter((path) => inScope.has(path))
  expect(twice).toEqual([])
  expect((await page.evaluate(() => window.e2e.client.status())).complete).toMatchObject({ root, whole: true })
  expect(await page.evaluate(() => window.e2e.client.verify())).toMatchObject({ whole: true, damaged: 0 })
  expect(partBytes).toBeLessThan(whole.wireBytes / 100)
  test.info().annotations.push({
    type: 'scope',
    description: `20 accounts and 2 tokens: ${partBytes} bytes in ${partRequests} requests; everything: ${whole.wireBytes} bytes in ${requests() - partRequests}`,
  })
})

test('a liar beside an honest peer changes no answer; alone it makes a coded error, in bounded time', async ({
  openPage,
  peer,
  states,
}) => {
  const source = await states.generated(ACCOUNTS, SEED)
  const liar = await peer([source], { vice: liesAboutWays })
  const honest = await peer([source])
  const page = await openPage()
  const root = rootOf(source)
  await page.evaluate((address) => window.e2e.open([address]), liar.address)
  const readAt = (address: string) =>
    page.evaluate(
      ({ address, root }) => window.e2e.outcomeOf(window.e2e.client.getAccount(address, { at: root as `0x${string}` })),
      { address, root },
    )
  expect(await readAt(addressOf(5))).toMatchObject({ state: 'rejected', code: 'notSynced' })
  expect(await page.evaluate(() => window.e2e.peers().map(({ state }) => state))).toEqual(['banned'])
  await page.evaluate(() => window.e2e.client.close())

  await page.evaluate((addresses) => window.e2e.open(addresses, { database: 'both' }), [liar.address, honest.address])
  const addresses = someAddresses(50)
  const expected = await Promise.all(
    addresses.map(async (each) => ({ root, value: await oracleAccount(source, each) })),
  )
  const read = await page.evaluate(
    ({ addresses, root }) => window.e2e.readAtOnce(addresses, 5, root as `0x${string}`),
    { addresses, root },
  )
  expect(JSON.parse(read)).toEqual(expected)
})

test('a block that is trusted by its hash brings its root, from a header that a peer has', async ({
  openPage,
  peer,
  states,
}) => {
  const source = await states.generated(2000, SEED)
  const { address } = await peer([source])
  const page = await openPage()
  await open(page, [address])
  const block = `0x${bytesToHex(keccak256(hexToBytes(source.info.header!)))}`
  const summary = await page.evaluate((block) => window.e2e.start({ block }).sync.done, block)
  expect(summary).toMatchObject({ phase: 'complete', root: rootOf(source) })
  const { complete } = await page.evaluate(() => window.e2e.client.status())
  expect(complete).toMatchObject({ root: rootOf(source), blockNumber: 0, header: `0x${source.info.header}` })
  const header = complete!.header!.replace(/..$/, '00')
  const forged = await page.evaluate(
    ({ block, header }) => window.e2e.outcomeOf(window.e2e.client.sync({ block, header }).done),
    { block, header },
  )
  expect(forged).toMatchObject({ state: 'rejected', code: 'headerMismatch' })
})

/** Returns contracts with some dozens of slots. */
function tokensIn(count: number): string[] {
  const tokens: string[] = []
  for (let index = 0; tokens.length < count; index++) {
    const { slots } = state.account(index)
    if (slots.length > 20 && slots.length < 100) tokens.push(addressOf(index))
  }
  return tokens
}

async function expectSlots(page: Page, token: string): Promise<void> {
  const slots = Array.from({ length: ACCOUNTS }, (_, index) => index)
    .map((index) => (addressOf(index) === token ? state.account(index).slots : []))
    .find((found) => found.length > 0)!
  for (const [slot, value] of slots) {
    const read = await page.evaluate(({ token, slot }) => window.e2e.client.getStorageAt(token, slot), {
      token,
      slot: `0x${slot.toString(16)}`,
    })
    expect(BigInt(read.value)).toBe(value)
  }
}

/** Changes the balance in the account's leaf. Only the hash can tell. */
const liesAboutWays: Vice = (source) => ({
  ...source,
  async path(root, ref, key: Path) {
    const way = (await source.path(root, ref, key)).slice()
    way[way.length - 70]! ^= 1
    return way
  },
})
