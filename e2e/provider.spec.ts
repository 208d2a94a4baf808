/**
 * The EIP-1193 provider as wallets use it: real viem and real ethers in a real page. The client trusts only a block's
 * hash, beside anvil on the same genesis.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { verifyMerkleProof } from '@ethereumjs/mpt'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import type { Page } from '@playwright/test'
import { ADDRESSES, CHAIN_ID, WALLET_GENESIS } from '../demo/contracts/wallet-genesis.ts'
import type { LevelSource } from '../src/server/index.ts'
import { decodeAccount, decodeSlot, EMPTY_ROOT } from '../src/trie/account.ts'
import { keccak256 } from '../src/trie/keccak.ts'
import { METHODS, REFUSED } from '../src/wallet/provider/methods.ts'
import { type Anvil, startAnvil } from './anvil.ts'
import { startEthereumjsClient } from './ethereumjs-client/client.ts'
import { askProbes } from './evm-probes.ts'
import { test as base, expect } from './fixtures.ts'
import { rootOf } from './states.ts'
import { type Answers, askWithEthers, askWithViem } from './wallet-questions.ts'

interface Fixtures {
  readonly genesis: LevelSource
  readonly anvil: Anvil
  /** A page with a client with the whole state, trusted by its block's hash. */
  readonly wallet: Page
}

const test = base.extend<Pick<Fixtures, 'wallet'>, Omit<Fixtures, 'wallet'>>({
  genesis: [
    async ({ states }, use) => {
      const directory = await mkdtemp(join(tmpdir(), 'rootlight-genesis-'))
      const path = join(directory, 'genesis.json')
      await writeFile(path, JSON.stringify(WALLET_GENESIS))
      await use(await states.file(path))
      await rm(directory, { recursive: true, force: true })
    },
    { scope: 'worker' },
  ],

  anvil: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads what a fixture needs from this pattern.
    async ({}, use) => {
      const anvil = await startAnvil(WALLET_GENESIS)
      // anvil's proofs hold from the first mined block on. The block is empty, so the state is the genesis' state.
      await anvil.request({ method: 'evm_mine' })
      await use(anvil)
      await anvil.stop()
    },
    { scope: 'worker' },
  ],

  wallet: async ({ openPage, peer, genesis }, use) => {
    const { address } = await peer([genesis])
    const page = await openPage()
    await page.evaluate(({ address, chainId }) => window.e2e.open([address], { chainId }), {
      address,
      chainId: CHAIN_ID,
    })
    await page.evaluate((block) => window.e2e.start({ block }).sync.done, hashOf(genesis))
    await use(page)
  },
})

const hashOf = ({ info }: LevelSource) => `0x${bytesToHex(keccak256(hexToBytes(info.header!)))}`
const askPage = (page: Page) => page.evaluate(async () => (await window.e2e.wallet()).askAll(window.e2e.client))
const request = (page: Page, method: string, ...params: readonly unknown[]) =>
  page.evaluate(async ({ method, params }) => (await window.e2e.wallet()).request(window.e2e.client, method, params), {
    method,
    params,
  })

/**
 * The one permitted difference. anvil finds the gas of a contract's call by a search which stops within about 1.5 % of
 * the least. Our result is the least.
 */
const GAS = 'gas of a transfer of tokens'

function expectSame(ours: Answers, theirs: Answers): void {
  const { [GAS]: ourGas, ...rest } = ours
  const { [GAS]: theirGas, ...expected } = theirs
  expect(rest).toEqual(expected)
  if (ourGas === undefined) return
  expect(Number(ourGas)).toBeLessThanOrEqual(Number(theirGas))
  expect(Number(ourGas)).toBeGreaterThan(Number(theirGas) * 0.98)
}

test('viem and ethers get from it what they get from anvil', async ({ wallet, anvil, genesis }) => {
  const ours = await askPage(wallet)
  expectSame(ours.viem, await askWithViem(anvil as never))
  expectSame(ours.ethers, await askWithEthers(anvil as never))
  // The answers match the genesis, too.
  expect(ours.viem).toMatchObject({
    chainId: CHAIN_ID,
    [`balance ${ADDRESSES.alice}`]: '10000000000000000000',
    [`tokens ${ADDRESSES.alice}`]: '1234567890',
    symbol: 'OIL',
    'transfer of ether': '21000',
    'more tokens than there are': { refused: 'reverted', reason: 'balance too low' },
    'more than is allowed': { refused: 'reverted', error: 'NotAllowed' },
  })
  const block = (await anvil.request({ method: 'eth_getBlockByNumber', params: ['latest', false] })) as {
    stateRoot: string
  }
  expect(block.stateRoot).toBe(rootOf(genesis))
})

test('and what they get from @ethereumjs/client', async ({ wallet, genesis, atEnd }) => {
  test.setTimeout(180_000) // it may have to be installed
  const client = await startEthereumjsClient(WALLET_GENESIS)
  atEnd(() => client.stop())
  const ours = await askPage(wallet)
  const [viem, ethers] = [await askWithViem(client as never), await askWithEthers(client as never)]
  expect(ethers).toEqual(ours.ethers)
  const written = Object.entries(ours.viem).map(([question, answer]) => {
    return [question, question.startsWith('proof') ? asEthereumjsWrites(answer as Proof) : answer]
  })
  expectSame(Object.fromEntries(written), viem)
  // The other client makes the same block of the genesis, so our client trusts this block's hash.
  const block = (await client.request({ method: 'eth_getBlockByNumber', params: ['0x0', false] })) as { hash: string }
  expect(block.hash).toBe(hashOf(genesis))
})

/**
 * Returns a proof in the form of `@ethereumjs/client`. The keys of slots have no leading zeros, where anvil writes 32
 * bytes. An empty trie has no node in its proof, where anvil shows one. An absent account has no slots.
 */
function asEthereumjsWrites(proof: Proof): Proof {
  const isAbsent = proof.accountProof.length === 1
  const storageProof = proof.storageProof.map(({ key, value, proof }) => {
    return { key: `0x${BigInt(key).toString(16)}`, value, proof: proof[0] === '0x80' ? [] : proof }
  })
  return { ...proof, storageProof: isAbsent ? [] : storageProof }
}

/**
 * anvil takes any call without data for a transfer, and answers 21,000. With this gas its own call runs out of gas, for
 * want of these 15.
 */
const NOT_BY_ANVIL = { 'nothing to a precompile': { output: '0x', gas: '0x5217' } }
const INVALID = { output: { refused: true }, gas: { refused: true } }
/** anvil follows a delegation also by rules without delegations. Its first byte is then an invalid opcode. */
const BEFORE_PRAGUE = {
  'a call to a delegate, from Prague on': INVALID,
  'data to a delegate, from Prague on': INVALID,
}

for (const hardfork of ['shanghai', 'osaka']) {
  test(`calls return and take what they do on anvil, by the rules of ${hardfork}`, async ({ wallet, atEnd }) => {
    const anvil = await startAnvil(WALLET_GENESIS, hardfork)
    atEnd(() => anvil.stop())
    const ours = await wallet.evaluate(
      async (hardfork) => (await window.e2e.wallet()).probe(window.e2e.client, hardfork),
      hardfork,
    )
    const theirs = await askProbes(anvil as never)
    expect(ours).toEqual({ ...theirs, ...(hardfork === 'osaka' ? {} : BEFORE_PRAGUE), ...NOT_BY_ANVIL })
  })
}

test('proofs have anvil’s very shape, and convince another verifier, of presence and of absence', async ({
  wallet,
  anvil,
  genesis,
}) => {
  const root = hexToBytes(genesis.info.root)
  // anvil takes whole words only. We take the same forms as geth, too.
  const slots = ['2', '7'].map((slot) => `0x${slot.padStart(64, '0')}`)
  for (const address of [ADDRESSES.token, ADDRESSES.alice, ADDRESSES.absent]) {
    const params = [address, slots, 'latest']
    const { result } = (await request(wallet, 'eth_getProof', ...params)) as { result: Proof }
    expect(result).toEqual(await anvil.request({ method: 'eth_getProof', params }))

    const bytes = (nodes: readonly string[]) => nodes.map((node) => hexToBytes(node.slice(2)))
    const leaf = await verifyMerkleProof(keccak256(hexToBytes(address.slice(2))), bytes(result.accountProof), { root })
    const account = leaf && decodeAccount(leaf)
    expect(BigInt(result.balance)).toBe(account?.balance ?? 0n)
    for (const { key, value, proof } of result.storageProof) {
      const slot = hexToBytes(BigInt(key).toString(16).padStart(64, '0'))
      const trie = { root: account?.storageRoot ?? EMPTY_ROOT }
      // `verifyMerkleProof` accepts no proof of an empty trie.
      const isEmpty = Buffer.compare(trie.root, EMPTY_ROOT) === 0
      if (isEmpty) expect(proof).toEqual(['0x80'])
      const found = isEmpty ? null : await verifyMerkleProof(keccak256(slot), bytes(proof), trie)
      expect(BigInt(value)).toBe(found === null ? 0n : decodeSlot(found))
    }
  }
})

test('the block is what its header says, and every other one is refused', async ({ wallet, genesis }) => {
  const hash = hashOf(genesis)
  expect(await request(wallet, 'eth_blockNumber')).toEqual({ result: '0x0' })
  for (const [method, block] of [
    ['eth_getBlockByNumber', 'latest'],
    ['eth_getBlockByNumber', '0x0'],
    ['eth_getBlockByHash', hash],
  ] as const) {
    expect(await request(wallet, method, block, false)).toMatchObject({
      result: {
        ...{ hash, number: '0x0', stateRoot: rootOf(genesis), timestamp: WALLET_GENESIS.timestamp },
        ...{ baseFeePerGas: WALLET_GENESIS.baseFeePerGas, miner: WALLET_GENESIS.coinbase, transactions: [] },
      },
    })
  }
  for (const block of ['0x1', 'pending', 'safe', 'finalized', 'earliest', { blockHash: rootOf(genesis) }]) {
    expect(await request(wallet, 'eth_getBalance', ADDRESSES.alice, block)).toMatchObject({ error: { code: -32001 } })
  }
  // A call knows its block by the header, too.
  const ask = (selector: string) => request(wallet, 'eth_call', { to: ADDRESSES.context, data: selector }, 'latest')
  const word = (value: string) => ({ result: `0x${BigInt(value).toString(16).padStart(64, '0')}` })
  expect(await ask(selectorOf('timestamp()'))).toEqual(word(WALLET_GENESIS.timestamp))
  // For a call without a price gas is free, as in geth.
  expect(await ask(selectorOf('baseFee()'))).toEqual(word('0'))
  const price = { from: ADDRESSES.alice, gas: '0x30d40', gasPrice: WALLET_GENESIS.baseFeePerGas }
  const priced = { to: ADDRESSES.context, data: selectorOf('baseFee()'), ...price }
  expect(await request(wallet, 'eth_call', priced, 'latest')).toEqual(word(WALLET_GENESIS.baseFeePerGas))
  expect(await ask(selectorOf('coinbase()'))).toEqual(word(WALLET_GENESIS.coinbase))
  expect(await ask(selectorOf('prevRandao()'))).toEqual(word(WALLET_GENESIS.mixHash))
  expect(await ask(selectorOf('chain()'))).toEqual(word(`${CHAIN_ID}`))
})

test('where only a root is trusted, a call that asks for the block is an error and no guess', async ({
  openPage,
  peer,
  genesis,
}) => {
  const { address } = await peer([genesis])
  const page = await openPage('window')
  await page.evaluate((address) => window.e2e.open([address], { chainId: 1337 }), address)
  await page.evaluate((root) => window.e2e.start({ root, accounts: [] }).sync.done, rootOf(genesis))
  const { context, token, alice } = ADDRESSES
  // Nodes on no disk are fetched in the middle of the call.
  const balance = { to: token, data: selectorOf('balanceOf(address)') + alice.slice(2).padStart(64, '0') }
  expect(await request(page, 'eth_call', balance)).toEqual({
    result: `0x${(1_234_567_890).toString(16).padStart(64, '0')}`,
  })
  for (const name of ['number()', 'timestamp()', 'coinbase()', 'prevRandao()', 'gasLimit()']) {
    expect(await request(page, 'eth_call', { to: context, data: selectorOf(name) })).toMatchObject({
      error: { code: -32000, data: { code: 'noBlockContext' } },
    })
  }
  expect(await request(page, 'eth_blockNumber')).toMatchObject({ error: { code: -32001 } })
})

test('a fallback that lies changes nothing of what is verified, and is believed in everything else', async ({
  wallet,
}) => {
  const { alice, token } = ADDRESSES
  const params: Readonly<Record<string, readonly unknown[]>> = {
    ...{
      eth_getBalance: [alice, 'latest'],
      eth_getTransactionCount: [alice, 'latest'],
      eth_getCode: [token, 'latest'],
    },
    ...{ eth_getStorageAt: [token, '0x2', 'latest'], eth_getProof: [token, ['0x2'], 'latest'] },
    ...{
      eth_call: [{ to: token, data: selectorOf('symbol()') }, 'latest'],
      eth_estimateGas: [{ from: alice, to: alice }],
    },
    ...{ eth_getBlockByNumber: ['latest', false], eth_getBlockByHash: [`0x${'1'.repeat(64)}`, false] },
  }
  const LIE = '0xbad'
  const ask = (method: string, lie?: string) =>
    wallet.evaluate(
      async ({ method, params, lie }) => {
        const page = await window.e2e.wallet()
        const fallback = page.liar(lie, window.e2e.client.chainId)
        const options = lie === undefined ? {} : { fallback }
        return { ...(await page.request(window.e2e.client, method, params, options)), asked: fallback.asked }
      },
      { method, params: params[method] ?? [], lie },
    )
  // Only the fallback knows the accounts.
  const verified = Object.keys(METHODS).filter((method) => method !== 'eth_accounts')
  for (const method of verified) expect(await ask(method, LIE), method).toEqual(await ask(method))
  for (const method of [
    'eth_gasPrice',
    'eth_sendRawTransaction',
    'eth_getLogs',
    'eth_getTransactionReceipt',
    'eth_requestAccounts',
  ]) {
    expect(await ask(method, LIE)).toEqual({ result: LIE, asked: ['eth_chainId', method] })
    expect(await ask(method)).toMatchObject({ error: { code: 4200 } })
  }
  for (const method of REFUSED) expect(await ask(method, LIE)).toMatchObject({ error: { code: 4200 }, asked: [] })
})

test('a call that uses up all of its gas does not hold up the page', async ({ wallet }) => {
  const { answer, frames } = await wallet.evaluate(async (to) => {
    const { request } = await window.e2e.wallet()
    let frames = 0
    const count = () => {
      frames++
      requestAnimationFrame(count)
    }
    requestAnimationFrame(count)
    return { answer: await request(window.e2e.client, 'eth_call', [{ to, gas: '0x989680' }]), frames }
  }, ADDRESSES.circle)
  expect(answer).toMatchObject({
    error: { code: -32000, data: { code: 'callFailed', details: { reason: 'out of gas' } } },
  })
  // The call takes a second or more: a blocked page would draw no frames.
  expect(frames).toBeGreaterThan(10)
})

test('a transaction that viem prepares has its gas from here, and of the fallback only what nobody can verify', async ({
  wallet,
  anvil,
}) => {
  await wallet.exposeFunction('askAnvil', (args: Parameters<Anvil['request']>[0]) => anvil.request(args))
  const { transaction, asked } = await wallet.evaluate(async () =>
    (await window.e2e.wallet()).prepare(window.e2e.client, 'askAnvil'),
  )
  const gas = await wallet.evaluate(async () => (await window.e2e.wallet()).askAll(window.e2e.client))
  expect(transaction).toMatchObject({ chainId: CHAIN_ID, nonce: 5, to: ADDRESSES.token, gas: gas.viem[GAS] })
  // The pending block's nonce, and a tip.
  const methods = [...new Set(asked)].sort()
  expect(methods).toEqual(['eth_chainId', 'eth_getTransactionCount', 'eth_maxPriorityFeePerGas'])
})

test('is found by those who look for providers, until it is not announced any more', async ({ wallet }) => {
  const found = await wallet.evaluate(async () => (await window.e2e.wallet()).discover(window.e2e.client))
  expect(found).toEqual([{ name: 'Rootlight', chainId: `0x${CHAIN_ID.toString(16)}` }])
})

interface Proof {
  readonly balance: string
  readonly accountProof: readonly string[]
  readonly storageProof: readonly { readonly key: string; readonly value: string; readonly proof: readonly string[] }[]
}

function selectorOf(signature: string): string {
  return `0x${bytesToHex(keccak256(new TextEncoder().encode(signature)).subarray(0, 4))}`
}
