import { readFileSync } from 'node:fs'
import { beforeEach, describe, expect, test } from 'vitest'
import { RootlightError } from '../../runtime/error.ts'
import { decodeHeader } from '../header.ts'
import { KNOWN_HEADERS } from '../known-headers.suite.ts'
import type { ProviderContext } from './context.ts'
import { handleRequest } from './handle-request.ts'
import { METHODS } from './methods.ts'
import type { ProviderSource, SourceState } from './source.ts'
import type { EvmModule } from './types.ts'

const ADDRESS = '0x000d836201318ec6899a67540690382780743280'
const root = (byte: string) => `0x${byte.repeat(32)}`
const [CHAIN_HEADER] = KNOWN_HEADERS.slice(-1) as [(typeof KNOWN_HEADERS)[number]]
const RLP = `0x${CHAIN_HEADER.rlp}`
const HEADER = decodeHeader(Uint8Array.from(Buffer.from(CHAIN_HEADER.rlp, 'hex')))

let complete: SourceState | null
let target: SourceState | null
/** The reads so far, each with its root. */
let reads: string[]
let failure: Error | null

const source: ProviderSource = {
  progress: null,
  status: async () => ({ complete, target }),
  getAccount: async (address, { at }) => {
    reads.push(`account ${at}`)
    if (failure !== null) throw failure
    const value =
      address === ADDRESS ? { nonce: 7n, balance: 255n, storageRoot: root('aa'), codeHash: root('bb') } : null
    return { root: at, value }
  },
  getStorageAt: async (_, slot, { at }) => {
    reads.push(`slot ${slot} ${at}`)
    return { root: at, value: `0x${'0'.repeat(63)}5` }
  },
  getCode: async (_, { at }) => ({ root: at, value: '0x6001' }),
  getProof: async (address, slots, { at }) => ({
    root: at,
    value: {
      ...{ address, nonce: 1n, balance: 16n, storageHash: root('cc'), codeHash: root('dd'), accountProof: ['0x01'] },
      storageProof: slots.map((slot) => ({ key: String(slot), value: 0n, proof: [] })),
    },
  }),
}

const evm: EvmModule = {
  call: async (state, block, { to }) => {
    const account = await state.account(to!)
    return { output: `0x${account!.nonce}${block.number}`, gasUsed: 0n }
  },
  estimateGas: async () => 21_000n,
}

/** Returns a fallback on this chain, answering with `answer`. */
const fallbackOf = (answer: (args: { method: string; params?: unknown }) => unknown) => ({
  request: async (args: { method: string; params?: unknown }) => {
    return args.method === 'eth_chainId' ? '0x539' : answer(args)
  },
})
/** A fallback answering with the request itself. */
const fallback = fallbackOf(({ method, params }) => ({ method, params }))

const ask = (method: string, params?: unknown[], options: Partial<ProviderContext> = {}) =>
  handleRequest({ source, chainId: 1337, ...options }, params === undefined ? { method } : { method, params })

beforeEach(() => {
  complete = { root: root('11'), blockNumber: 100, header: null }
  target = complete
  reads = []
  failure = null
})

describe('handleRequest', () => {
  test('default: reads of the latest complete state, in the shapes of JSON-RPC', async () => {
    expect(await ask('eth_getBalance', [ADDRESS, 'latest'])).toBe('0xff')
    expect(await ask('eth_getTransactionCount', [ADDRESS])).toBe('0x7')
    expect(await ask('eth_getBalance', [`0x${'9'.repeat(40)}`])).toBe('0x0')
    expect(await ask('eth_getCode', [ADDRESS])).toBe('0x6001')
    expect(await ask('eth_getStorageAt', [ADDRESS, '0x0', 'latest'])).toBe(`0x${'0'.repeat(63)}5`)
    expect(await ask('eth_getProof', [ADDRESS, ['0x1'], 'latest'])).toMatchObject({
      ...{ balance: '0x10', nonce: '0x1', storageProof: [{ key: '0x1', value: '0x0', proof: [] }] },
    })
    expect(new Set(reads.map((read) => read.split(' ').at(-1)))).toEqual(new Set([root('11')]))
  })

  test('behavior: before a state is complete it is the one that is being synced', async () => {
    complete = null
    target = { root: root('22'), blockNumber: null, header: null }
    await ask('eth_getBalance', [ADDRESS])
    expect(reads).toEqual([`account ${root('22')}`])
  })

  test('behavior: a number and a hash are those of a known state, or refused; so is every other tag', async () => {
    target = { root: root('22'), blockNumber: HEADER.number, header: RLP }
    await ask('eth_getBalance', [ADDRESS, '0x64'])
    await ask('eth_getBalance', [ADDRESS, HEADER.hash])
    await ask('eth_getBalance', [ADDRESS, { blockHash: HEADER.hash, requireCanonical: true }])
    await ask('eth_getBalance', [ADDRESS, { blockNumber: `0x${HEADER.number.toString(16)}` }])
    expect(reads).toEqual([root('11'), root('22'), root('22'), root('22')].map((at) => `account ${at}`))
    for (const block of ['0x65', root('33'), 'pending', 'earliest', 'safe', 'finalized', { blockNumber: '0x1' }]) {
      const error = await ask('eth_getBalance', [ADDRESS, block], { fallback }).catch((error) => error)
      expect(error).toMatchObject({ code: -32001, message: expect.stringContaining('block 100') })
    }
    expect(reads).toHaveLength(4)
  })

  test('behavior: what a sync that was just asked for is about is waited for, as reads do', async () => {
    complete = null
    target = null
    let isSettled = false
    const settledStatus = async () => {
      await new Promise((resolve) => setImmediate(resolve))
      isSettled = true
      return { complete: null, target: { root: root('22'), blockNumber: HEADER.number, header: RLP } }
    }
    expect(await ask('eth_getBalance', [ADDRESS], { settledStatus })).toBe('0xff')
    expect(await ask('eth_getBalance', [ADDRESS, HEADER.hash], { settledStatus })).toBe('0xff')
    expect(await ask('eth_blockNumber', [], { settledStatus })).toBe(`0x${HEADER.number.toString(16)}`)
    await expect(ask('eth_getBalance', [ADDRESS, 'pending'], { settledStatus })).rejects.toMatchObject({ code: -32001 })
    // The target of an older sync differs from the target of the beginning sync.
    target = { root: root('33'), blockNumber: 1, header: null }
    reads = []
    await ask('eth_getBalance', [ADDRESS], { settledStatus })
    expect(reads).toEqual([`account ${root('22')}`])
    // With a complete state there is no wait, except for a block about to be known.
    complete = { root: root('11'), blockNumber: 100, header: null }
    isSettled = false
    await ask('eth_getBalance', [ADDRESS], { settledStatus })
    await ask('eth_getBalance', [ADDRESS, 'safe'], { settledStatus }).catch(() => {})
    expect(isSettled).toBe(false)
    expect(await ask('eth_getBalance', [ADDRESS, HEADER.hash], { settledStatus })).toBe('0xff')
  })

  test('error: a header that is not found is an answer that cannot be had, or a block that is not known', async () => {
    const error = new RootlightError('notSynced', 'the header has not been found yet', {
      details: { reason: 'timeout' },
    })
    const settledStatus = () => Promise.reject(error)
    await expect(ask('eth_getBalance', [ADDRESS, '0x65'], { settledStatus })).rejects.toMatchObject({ code: -32001 })
    complete = null
    await expect(ask('eth_getBalance', [ADDRESS], { settledStatus })).rejects.toMatchObject({
      ...{ code: 4900, message: error.message, data: { code: 'notSynced', details: { reason: 'timeout' } } },
    })
  })

  test('behavior: what the client is and does', async () => {
    expect(await ask('eth_chainId')).toBe('0x539')
    expect(await ask('net_version')).toBe('1337')
    expect(await ask('eth_accounts')).toEqual([])
    expect(await ask('eth_syncing')).toBe(false)
    expect(await ask('eth_blockNumber')).toBe('0x64')
    const progress = { phase: 'syncing', nodes: 10, codes: 1, pending: 5, accounts: 3, slots: 2 } as never
    target = { root: root('22'), blockNumber: 120, header: null }
    expect(await ask('eth_syncing', [], { source: { ...source, progress } })).toEqual({
      ...{
        startingBlock: '0x64',
        currentBlock: '0x64',
        highestBlock: '0x78',
        pulledStates: '0xb',
        knownStates: '0x10',
      },
      ...{ syncedAccounts: '0x3', syncedStorage: '0x2', syncedBytecodes: '0x1' },
    })
  })

  test('behavior: a block is its header; what is no part of it is the fallback’s, and changes nothing of the header', async () => {
    complete = { root: HEADER.stateRoot, blockNumber: HEADER.number, header: RLP }
    const bare = await ask('eth_getBlockByNumber', ['latest', false]).catch((error) => error)
    expect(bare).toMatchObject({ code: -32001, data: { hash: HEADER.hash } })
    const lying = fallbackOf(() => ({
      ...{ hash: root('99'), number: '0x1', baseFeePerGas: '0x1', transactions: [root('aa')], uncles: [root('bb')] },
      ...{ withdrawals: [], size: '0x0', totalDifficulty: '0x1', anything: 'else' },
    }))
    for (const [method, block] of [
      ['eth_getBlockByNumber', 'latest'],
      ['eth_getBlockByHash', HEADER.hash],
    ]) {
      expect(await ask(method!, [block, false], { fallback: lying })).toMatchObject({
        hash: HEADER.hash,
        number: `0x${HEADER.number.toString(16)}`,
        baseFeePerGas: `0x${HEADER.baseFeePerGas!.toString(16)}`,
        stateRoot: HEADER.stateRoot,
        transactions: [root('aa')],
        uncles: [],
      })
    }
    await expect(ask('eth_getBlockByNumber', ['0x1', false], { fallback: lying })).rejects.toMatchObject({
      code: -32001,
    })
  })

  test('behavior: calls take an EVM, or are the fallback’s', async () => {
    expect(await ask('eth_call', [{ to: ADDRESS, data: '0x01' }, 'latest'], { evm: async () => evm })).toBe('0x7100')
    expect(await ask('eth_estimateGas', [{ to: ADDRESS }], { evm: async () => evm })).toBe('0x5208')
    expect(await ask('eth_call', [{ to: ADDRESS }], { fallback })).toMatchObject({ method: 'eth_call' })
    await expect(ask('eth_call', [{ to: ADDRESS }])).rejects.toMatchObject({ code: 4200 })
  })

  test('error: what would be believed of the fallback for no need is refused', async () => {
    await expect(ask('eth_fillTransaction', [{}], { fallback })).rejects.toMatchObject({ code: 4200 })
  })

  test('options: what is asked of other blocks is the fallback’s where that is wanted, and only that', async () => {
    const options = { fallback, otherBlocks: 'fallback' } as const
    const params = [ADDRESS, 'pending']
    expect(await ask('eth_getTransactionCount', params, options)).toEqual({ method: 'eth_getTransactionCount', params })
    expect(await ask('eth_getTransactionCount', [ADDRESS, 'latest'], options)).toBe('0x7')
    await expect(ask('eth_getTransactionCount', params, { otherBlocks: 'fallback' })).rejects.toMatchObject({
      code: 4200,
    })
    await expect(ask('eth_blockNumber', [], options)).resolves.toBe('0x64')
    await expect(ask('eth_getBalance', ['0x12', 'pending'], { fallback })).rejects.toMatchObject({ code: -32001 })
  })

  test('behavior: a transaction and its overrides are read as geth reads them', async () => {
    const seen: unknown[] = []
    const module = {
      ...evm,
      call: async (...[, , request, options]: Parameters<EvmModule['call']>) => {
        seen.push(request, options)
        return { output: '0x', gasUsed: 0n }
      },
    }
    const slot = `0x${'1'.padStart(64, '0')}`
    const transaction = {
      to: ADDRESS,
      input: '0x01',
      gas: '0x10',
      chainId: '0x539',
      type: '0x2',
      nonce: '0x5',
      from: null,
    }
    const overrides = {
      [ADDRESS.toUpperCase().replace('0X', '0x')]: { balance: '0x7', stateDiff: { [slot]: root('22') } },
    }
    const block = { number: '0x7', time: null, feeRecipient: ADDRESS, baseFeePerGas: '0x9' }
    await ask('eth_call', [transaction, 'latest', overrides, block], { evm: async () => module })
    expect(seen).toEqual([
      { to: ADDRESS, data: '0x01', gas: 16n },
      {
        chainId: 1337,
        overrides: new Map([[ADDRESS, { balance: 7n, stateDiff: new Map([[1n, BigInt(root('22'))]]) }]]),
        blockOverrides: { number: 7n, feeRecipient: ADDRESS, baseFeePerGas: 9n },
      },
    ])
  })

  test('behavior: everything else goes to the fallback as it is, or is unsupported', async () => {
    const params = [['0x02'], { a: 1 }]
    expect(await ask('eth_sendRawTransaction', params, { fallback })).toEqual({
      method: 'eth_sendRawTransaction',
      params,
    })
    for (const method of ['eth_sendRawTransaction', 'eth_gasPrice', 'toString', '__proto__']) {
      await expect(ask(method)).rejects.toMatchObject({ code: 4200 })
    }
    const refusing = fallbackOf(() => Promise.reject(Object.assign(new Error('no'), { code: 4001 })))
    await expect(ask('eth_requestAccounts', [], { fallback: refusing })).rejects.toMatchObject({ code: 4001 })
  })

  test('behavior: nothing that is answered here is ever asked of the fallback', async () => {
    const asked: string[] = []
    const spy = fallbackOf(({ method }) => {
      asked.push(method)
      return []
    })
    const params: Record<string, unknown[]> = {
      ...{ eth_getBalance: [ADDRESS], eth_getTransactionCount: [ADDRESS], eth_getCode: [ADDRESS] },
      ...{ eth_getStorageAt: [ADDRESS, '0x0'], eth_getProof: [ADDRESS, []], eth_call: [{ to: ADDRESS }] },
      ...{ eth_estimateGas: [{ to: ADDRESS }], eth_getBlockByNumber: ['latest'], eth_getBlockByHash: [root('33')] },
    }
    for (const method of Object.keys(METHODS)) {
      await ask(method, params[method] ?? [], { fallback: spy, evm: async () => evm }).catch(() => {})
    }
    // The keys belong to a wallet, so the wallet lists the accounts.
    expect(asked).toEqual(['eth_accounts'])
  })

  test.each([
    ['eth_getBalance', ['0x12', 'latest']],
    ['eth_getBalance', [ADDRESS, '0x064']],
    ['eth_getBalance', [ADDRESS, 'newest']],
    ['eth_getBalance', [ADDRESS, 100]],
    ['eth_getBalance', [ADDRESS, 'latest', 1]],
    ['eth_getBalance', []],
    ['eth_getStorageAt', [ADDRESS, 'slot']],
    ['eth_getStorageAt', [ADDRESS, '0x']],
    ['eth_getProof', [ADDRESS, '0x0']],
    ['eth_call', ['0x']],
    ['eth_call', [{ to: ADDRESS, data: '0x1' }]],
    ['eth_call', [{ to: ADDRESS, data: '0x01', input: '0x02' }]],
    ['eth_call', [{ to: ADDRESS, value: 5 }]],
    ['eth_call', [{ to: ADDRESS, authorizationList: {} }]],
    ['eth_call', [{ to: ADDRESS, authorizationList: [{ address: ADDRESS }] }]],
    ['eth_call', [{ to: ADDRESS, blobVersionedHashes: ['0x01'] }]],
    ['eth_call', [{ to: ADDRESS, blobs: [] }]],
    ['eth_call', [{ to: ADDRESS, gas: '0x10000000000000000' }]],
    ['eth_call', [{ to: ADDRESS, chainId: '0x1' }]],
    ['eth_call', [{ to: ADDRESS, gasPrice: '0x1', maxFeePerGas: '0x1' }]],
    ['eth_call', [{ to: ADDRESS }, 'latest', {}, {}, {}]],
    ['eth_call', [{ to: ADDRESS }, 'latest', {}, { beaconRoot: root('11') }]],
    ['eth_call', [{ to: ADDRESS }, 'latest', {}, { withdrawals: [] }]],
    ['eth_call', [{ to: ADDRESS }, 'latest', {}, { time: 5 }]],
    ['eth_call', [{ to: ADDRESS }, 'latest', { '0x12': {} }]],
    ['eth_call', [{ to: ADDRESS }, 'latest', { [ADDRESS]: { state: {}, stateDiff: {} } }]],
    ['eth_call', [{ to: ADDRESS }, 'latest', { [ADDRESS]: { stateDiff: { '0x1': '0x2' } } }]],
    ['eth_call', [{ to: ADDRESS }, 'latest', { [ADDRESS]: { movePrecompileToAddress: '0x4' } }]],
    ['eth_getBalance', [ADDRESS, { blockNumber: '0x64', blockHash: root('11') }]],
    ['eth_chainId', [1]],
    ['eth_getBlockByHash', ['latest', false]],
    ['eth_getBlockByNumber', ['latest', 'yes']],
  ])('error: invalid params of %s: %j', async (method, params) => {
    await expect(ask(method, params, { evm: async () => evm })).rejects.toMatchObject({ code: -32602 })
  })

  test.each([
    ['notSynced', { reason: 'noPeers' }, 4900],
    ['notSynced', { reason: 'unavailable' }, -32001],
    ['closed', {}, 4900],
    ['badAddress', {}, -32602],
    ['callFailed', { reason: 'out of gas' }, -32000],
    ['noBlockContext', { opcode: 'NUMBER' }, -32000],
    ['noPrecompile', { address: `0x${'0'.repeat(39)}a` }, -32000],
    ['damagedPage', {}, -32603],
  ])('error: %s %j is %i, with the coded error in its data', async (code, details, expected) => {
    failure = new RootlightError(code, 'as it was', { details })
    await expect(ask('eth_getBalance', [ADDRESS])).rejects.toMatchObject({
      ...{ name: 'ProviderRpcError', code: expected, message: 'as it was', data: { code, details }, cause: failure },
    })
  })

  test('error: a revert is 3, and its data are what the call returned', async () => {
    failure = new RootlightError('callReverted', 'execution reverted', { details: { data: '0x08c379a0' } })
    await expect(ask('eth_getBalance', [ADDRESS])).rejects.toMatchObject({ code: 3, data: '0x08c379a0' })
  })

  test('error: before any state is known, and where only its root is', async () => {
    complete = { root: root('11'), blockNumber: null, header: null }
    await expect(ask('eth_blockNumber')).rejects.toMatchObject({ code: -32001 })
    await expect(ask('eth_getBlockByNumber', ['latest', false])).rejects.toMatchObject({ code: -32001 })
    complete = null
    target = null
    await expect(ask('eth_getBalance', [ADDRESS])).rejects.toMatchObject({ code: 4900 })
  })
})

describe('README.md', () => {
  test('behavior: says of each method on what grounds it is answered, and of no other', () => {
    const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8')
    const rows = [...readme.matchAll(/^\| ((?:`\w+_\w+`(?:, )?)+) \|.*\| \*\*(\w+)\*\*:.*\|$/gm)]
    const told = rows.flatMap(([, names, grounds]) =>
      [...names!.matchAll(/`(\w+)`/g)].map(([, name]) => [name, grounds]),
    )
    expect(Object.fromEntries(told)).toEqual(
      Object.fromEntries(Object.entries(METHODS).map(([name, { grounds }]) => [name, grounds])),
    )
  })
})
