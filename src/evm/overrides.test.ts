/**
 * Overrides of state and block, as geth applies them. The expected results are the official pairs of `eth_simulateV1`.
 */
import { describe, expect, test } from 'vitest'
import { readVectorChain } from '../testing/rpc-compat/chain.ts'
import { vectorSource } from '../testing/rpc-compat/vector-source.ts'
import { NO_VECTORS, VECTORS, vectorsOf } from '../testing/rpc-compat/vectors.ts'
import { handleRequest } from '../wallet/provider/handle-request.ts'
import type { BlockOverrides, CallBlock, CallOptions, CallRequest, CallState } from '../wallet/provider/types.ts'
import { call, estimateGas } from './index.ts'

interface Simulated {
  readonly calls: readonly { readonly status: string; readonly returnData: string; readonly error?: { code: number } }[]
  readonly number: string
  readonly timestamp: string
  readonly miner: string
  readonly mixHash: string
  readonly baseFeePerGas: string
  readonly gasLimit: string
}

interface Simulation {
  readonly blockStateCalls: readonly {
    readonly calls?: readonly Readonly<Record<string, unknown>>[]
    readonly stateOverrides?: object
    readonly blockOverrides?: Readonly<Record<string, unknown>>
  }[]
  readonly validation?: boolean
}

/**
 * A simulated block stands upon the head, while a call runs in the head. So BLOCKHASH of the previous block differs or
 * is unknown.
 */
const OTHER_BLOCK_HASH = new Set([
  'ethSimulate-blockhash-simple',
  'ethSimulate-contract-calls-itself',
  'ethSimulate-get-block-properties',
])

/** Leaves out the files asking for more than a call: effects of earlier blocks, and checked nonces. */
const one = vectorsOf('eth_simulateV1').flatMap(({ name, exchanges }) => {
  const [{ request, response } = {}] = exchanges
  const simulation = request?.params?.[0] as Simulation
  const [first, ...others] = simulation.blockStateCalls ?? []
  const isOne = first?.calls?.length === 1 && others.length === 0 && simulation.validation !== true
  if (!isOne || OTHER_BLOCK_HASH.has(name) || response === undefined || response.error !== undefined) return []
  const [block] = response.result as Simulated[]
  return [{ name, transaction: first.calls![0]!, stateOverrides: first.stateOverrides ?? {}, block: block! }]
})

describe.skipIf(VECTORS === null)(VECTORS === null ? NO_VECTORS : 'the official simulations of one call', () => {
  test('there are some', () => expect(one.length).toBeGreaterThan(15))

  test.each(one)('eth_simulateV1: $name', async ({ transaction, stateOverrides, block }) => {
    const chain = readVectorChain()
    const context = {
      source: vectorSource(chain),
      chainId: chain.chainId,
      hardfork: 'bpo2',
      evm: () => import('./index.ts'),
    }
    const { number, timestamp: time, miner: feeRecipient, mixHash: prevRandao, baseFeePerGas, gasLimit } = block
    const blockOverrides = { number, time, feeRecipient, prevRandao, baseFeePerGas, gasLimit }
    const params = [transaction, 'latest', stateOverrides, blockOverrides]
    const answer = await handleRequest(context, { method: 'eth_call', params }).catch((error) => error)
    const [{ status, returnData }] = block.calls as [Simulated['calls'][number]]
    if (status === '0x1') expect(answer).toBe(returnData)
    else expect(answer).toBeInstanceOf(Error)
  })
})

const ECRECOVER = `0x${'0'.repeat(39)}1`
const IDENTITY = `0x${'0'.repeat(39)}4`
const ELSEWHERE = `0x${'e1'.repeat(20)}`
const nobody: CallState = { account: async () => null, storage: async () => 0n, code: async () => '0x' }
const RETURN_TOP = '60005260206000f3'
const word = (value: bigint | number | string) => `0x${BigInt(value).toString(16).padStart(64, '0')}`

function ask(
  request: CallRequest,
  options: Partial<CallOptions> = {},
  block: CallBlock = { number: null, header: null },
) {
  return call(nobody, block, request, { chainId: 1, ...options })
}

describe('overrides of precompiles', () => {
  test('behavior: whatever is overridden, the account is no precompile any more', async () => {
    const request = { to: IDENTITY, data: '0xabcd' }
    expect((await ask(request)).output).toBe('0xabcd')
    for (const override of [{}, { balance: 1n }, { nonce: 1n }, { stateDiff: new Map([[1n, 1n]]) }]) {
      expect((await ask(request, { overrides: new Map([[IDENTITY, override]]) })).output).toBe('0x')
    }
    const overrides = new Map([[IDENTITY, { code: `0x602a${RETURN_TOP}` }]])
    expect((await ask(request, { overrides })).output).toBe(word(42n))
    expect(await estimateGas(nobody, { number: null, header: null }, request, { chainId: 1, overrides })).not.toBe(
      21_051n,
    )
  })

  test('behavior: one that is moved is there, and gone where it was', async () => {
    const overrides = new Map([[IDENTITY, { movePrecompileToAddress: ELSEWHERE, code: `0x602a${RETURN_TOP}` }]])
    expect((await ask({ to: ELSEWHERE, data: '0xabcd' }, { overrides })).output).toBe('0xabcd')
    expect((await ask({ to: IDENTITY, data: '0xabcd' }, { overrides })).output).toBe(word(42n))
    const onto = new Map([[IDENTITY, { movePrecompileToAddress: ECRECOVER }]])
    expect((await ask({ to: ECRECOVER, data: '0xabcd' }, { overrides: onto })).output).toBe('0xabcd')
  })

  test('error: only precompiles can be moved, and to nowhere else that is overridden', async () => {
    const moves = [
      new Map([[ELSEWHERE, { movePrecompileToAddress: IDENTITY }]]),
      new Map([
        [IDENTITY, { movePrecompileToAddress: ELSEWHERE }],
        [ELSEWHERE, {}],
      ]),
      new Map([[IDENTITY, { movePrecompileToAddress: IDENTITY }]]),
    ]
    for (const overrides of moves) {
      await expect(ask({ to: IDENTITY }, { overrides })).rejects.toMatchObject({ code: 'callFailed' })
    }
  })
})

describe('overrides of the block', () => {
  test.each<[string, BlockOverrides, bigint]>([
    ['43', { number: 77n }, 77n],
    ['42', { time: 78n }, 78n],
    ['41', { feeRecipient: ELSEWHERE }, BigInt(ELSEWHERE)],
    ['44', { prevRandao: word(79n) }, 79n],
    ['45', { gasLimit: 80n }, 80n],
    ['4a', { blobBaseFee: 81n }, 81n],
    // As in geth, a call without a price sees no base fee.
    ['48', { baseFeePerGas: 82n }, 0n],
  ])('behavior: opcode %s sees %o, and nothing else of the block is known', async (opcode, blockOverrides, value) => {
    const overrides = new Map([[ELSEWHERE, { code: `0x${opcode}${RETURN_TOP}` }]])
    const { output } = await ask({ to: ELSEWHERE }, { overrides, blockOverrides })
    expect(output).toBe(word(value))
  })

  test('behavior: the price follows the overridden base fee', async () => {
    const code = `0x3a4803${RETURN_TOP}`
    const overrides = new Map([[ELSEWHERE, { code, balance: 10n ** 18n }]])
    const request = { from: ELSEWHERE, to: ELSEWHERE, gas: 100_000n, maxFeePerGas: 90n, maxPriorityFeePerGas: 3n }
    const { output } = await ask(request, { overrides, blockOverrides: { baseFeePerGas: 82n } })
    expect(BigInt(output)).toBe(2n ** 256n - 3n)
    const low = ask({ ...request, maxFeePerGas: 81n }, { overrides, blockOverrides: { baseFeePerGas: 82n } })
    await expect(low).rejects.toMatchObject({ code: 'callFailed' })
  })
})

describe('blobs', () => {
  const hash = `0x01${'2'.repeat(62)}`

  test('behavior: a call sees the hashes of its blobs, and pays for them', async () => {
    const overrides = new Map([[ELSEWHERE, { code: `0x600049${RETURN_TOP}`, balance: 131_072n * 5n }]])
    const request = { from: ELSEWHERE, to: ELSEWHERE, blobVersionedHashes: [hash] }
    expect((await ask(request, { overrides })).output).toBe(hash)
    const priced = { ...request, maxFeePerBlobGas: 5n }
    expect((await ask(priced, { overrides, blockOverrides: { blobBaseFee: 5n } })).output).toBe(hash)
    const dear = ask(priced, { overrides, blockOverrides: { blobBaseFee: 6n } })
    await expect(dear).rejects.toMatchObject({ code: 'callFailed' })
    const poor = ask({ ...priced, maxFeePerBlobGas: 6n }, { overrides, blockOverrides: { blobBaseFee: 5n } })
    await expect(poor).rejects.toMatchObject({ details: { reason: expect.stringContaining('insufficient funds') } })
  })

  test.each([
    { blobVersionedHashes: [] },
    { blobVersionedHashes: [word(2n)] },
    { blobVersionedHashes: Array(7).fill(hash) },
  ])('error: %o', async (blobs) => {
    await expect(ask({ to: ELSEWHERE, ...blobs })).rejects.toMatchObject({ code: 'callFailed' })
  })
})
