import { bytesToHex } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import { RootlightError } from '../runtime/error.ts'
import { EMPTY_CODE_HASH_HEX, EMPTY_ROOT_HEX } from '../trie/account.ts'
import { keccak256 } from '../trie/keccak.ts'
import { type BlockHeader, decodeHeader } from '../wallet/header.ts'
import { KNOWN_HEADERS } from '../wallet/known-headers.suite.ts'
import type { AccountOverride, CallBlock, CallState } from '../wallet/provider/types.ts'
import { call, estimateGas } from './index.ts'

const ALICE = `0x${'a1'.repeat(20)}`
const BOB = `0x${'b0'.repeat(20)}`
const CONTRACT = `0x${'c0'.repeat(20)}`
const OTHER = `0x${'d0'.repeat(20)}`

const ROOT_ONLY: CallBlock = { number: null, header: null }
const OSAKA = KNOWN_HEADERS.find(({ fork }) => fork === 'Osaka')!
const HEADER: BlockHeader = decodeHeader(Uint8Array.from(Buffer.from(OSAKA.rlp, 'hex')))
const IN_BLOCK: CallBlock = { number: HEADER.number, header: HEADER }

interface Contents {
  readonly balance?: bigint
  readonly code?: string
  readonly slots?: Readonly<Record<string, bigint>>
}

/** Returns a state counting the reads of each of its parts. */
function stateOf(accounts: Readonly<Record<string, Contents>>): CallState & { readonly reads: Map<string, number> } {
  const reads = new Map<string, number>()
  const read = <T>(name: string, value: T): Promise<T> => {
    reads.set(name, (reads.get(name) ?? 0) + 1)
    return Promise.resolve(value)
  }
  return {
    reads,
    account: (address) => {
      const account = accounts[address]
      const code = account?.code === undefined ? null : Uint8Array.from(Buffer.from(account.code, 'hex'))
      const codeHash = code === null ? EMPTY_CODE_HASH_HEX : bytesToHex(keccak256(code))
      const storageRoot = `0x${EMPTY_ROOT_HEX}`
      const value = account && { nonce: 1n, balance: account.balance ?? 0n, storageRoot, codeHash: `0x${codeHash}` }
      return read(`account ${address}`, value ?? null)
    },
    storage: (address, slot) => read(`slot ${slot}`, accounts[address]?.slots?.[String(slot)] ?? 0n),
    code: (address) => read(`code ${address}`, `0x${accounts[address]?.code ?? ''}`),
  }
}

/** Code returning the top of the stack. */
const RETURN_TOP = '60005260206000f3'
const word = (value: bigint | string) => `0x${BigInt(value).toString(16).padStart(64, '0')}`
const run = (code: string, block: CallBlock = ROOT_ONLY, contents: Contents = {}) =>
  call(stateOf({ [CONTRACT]: { code, ...contents } }), block, { to: CONTRACT }, { chainId: 1 })

describe('call', () => {
  test('default: runs code on the state, and leaves nothing behind', async () => {
    // Slot 1 is read, doubled, written, and read again.
    const code = `600154600202600155600154${RETURN_TOP}`
    const state = stateOf({ [CONTRACT]: { code, slots: { 1: 21n } } })
    for (let i = 0; i < 2; i++) {
      const { output } = await call(state, ROOT_ONLY, { to: CONTRACT }, { chainId: 1 })
      expect(output).toBe(word(42n))
    }
  })

  test('behavior: data, value, sender and price are those of the request', async () => {
    const state = stateOf({ [CONTRACT]: { code: `6000353401333a0101${RETURN_TOP}` }, [ALICE]: { balance: 500_003n } })
    const request = { from: ALICE, to: CONTRACT, value: 3n, gasPrice: 5n, gas: 100_000n, data: word(100n) }
    const { output } = await call(state, ROOT_ONLY, request, { chainId: 1 })
    expect(BigInt(output)).toBe(100n + 3n + BigInt(ALICE) + 5n)
  })

  test('behavior: what is not there is as in any EVM', async () => {
    // EXTCODESIZE, EXTCODEHASH and BALANCE of an absent account; EXTCODEHASH of an account without code.
    expect((await run(`73${BOB.slice(2)}3b${RETURN_TOP}`)).output).toBe(word(0n))
    expect((await run(`73${BOB.slice(2)}3f${RETURN_TOP}`)).output).toBe(word(0n))
    expect((await run(`73${BOB.slice(2)}31${RETURN_TOP}`)).output).toBe(word(0n))
    const state = stateOf({ [CONTRACT]: { code: `73${BOB.slice(2)}3f${RETURN_TOP}` }, [BOB]: { balance: 1n } })
    const { output } = await call(state, ROOT_ONLY, { to: CONTRACT }, { chainId: 1 })
    expect(output).toBe(`0x${EMPTY_CODE_HASH_HEX}`)
    expect((await call(state, ROOT_ONLY, { to: BOB }, { chainId: 1 })).output).toBe('0x')
  })

  test('behavior: a call into another contract whose writes are reverted leaves the writes of the first', async () => {
    // OTHER writes its slot 0 and reverts. CONTRACT writes, calls OTHER, and returns its own slot 0 and the outcome.
    const other = '6001600055600080fd'
    const code = `6005600055600080808080${`73${OTHER.slice(2)}`}61fffff160005401${RETURN_TOP}`
    const state = stateOf({ [CONTRACT]: { code }, [OTHER]: { code: other, slots: { 0: 9n } } })
    expect((await call(state, ROOT_ONLY, { to: CONTRACT }, { chainId: 1 })).output).toBe(word(5n))
  })

  test('behavior: precompiles are there', async () => {
    const identity = `0x${'0'.repeat(39)}4`
    const { output } = await call(stateOf({}), ROOT_ONLY, { to: identity, data: '0xabcd' }, { chainId: 1 })
    expect(output).toBe('0xabcd')
  })

  test('error: the one precompile that does not run here is no guess, however deep, and is not there before its fork', async () => {
    const code = `602060006000600060006000600a5af1${RETURN_TOP}`
    const state = stateOf({ [CONTRACT]: { code } })
    const request = { to: CONTRACT }
    const details = { address: `0x${'0'.repeat(39)}a` }
    const failed = { code: 'noPrecompile', details }
    await expect(call(state, ROOT_ONLY, request, { chainId: 1 })).rejects.toMatchObject(failed)
    await expect(call(state, ROOT_ONLY, { to: details.address }, { chainId: 1 })).rejects.toMatchObject(failed)
    const { output } = await call(state, ROOT_ONLY, request, { chainId: 1, hardfork: 'shanghai' })
    expect(output).toBe(word(1n))
  })

  test('behavior: the block is what its header says', async () => {
    const opcodes = {
      '43': BigInt(HEADER.number),
      '42': BigInt(HEADER.timestamp),
      '41': BigInt(HEADER.miner),
      '44': BigInt(HEADER.mixHash),
      '45': HEADER.gasLimit,
      '46': 1n,
      '6001430340': BigInt(HEADER.parentHash),
    }
    for (const [code, value] of Object.entries(opcodes)) {
      expect((await run(code + RETURN_TOP, IN_BLOCK)).output, code).toBe(word(value))
    }
    expect(BigInt((await run(`4a${RETURN_TOP}`, IN_BLOCK)).output)).toBeGreaterThan(0n)
    // Older than 256 blocks, the hash is zero by the rules. Between the parent and there, the hash is unknown.
    expect((await run(`61012c430340${RETURN_TOP}`, IN_BLOCK)).output).toBe(word(0n))
    await expect(run(`6002430340${RETURN_TOP}`, IN_BLOCK)).rejects.toMatchObject({
      code: 'noBlockContext',
      details: { opcode: 'BLOCKHASH' },
    })
  })

  test.each([
    ['43', 'NUMBER'],
    ['42', 'TIMESTAMP'],
    ['41', 'COINBASE'],
    ['44', 'PREVRANDAO'],
    ['45', 'GASLIMIT'],
    ['4a', 'BLOBBASEFEE'],
    ['600040', 'NUMBER'],
  ])('error: %s asks for %s, and where only a root is known that is no guess', async (code, opcode) => {
    await expect(run(code + RETURN_TOP)).rejects.toMatchObject({ code: 'noBlockContext', details: { opcode } })
  })

  test('behavior: a call without a price sees no base fee, whether the block is known or not; one with a price sees it', async () => {
    // Price − base fee would be negative, and a checked subtraction would revert.
    const code = `483a1015600c5760006000fd5b483a03${RETURN_TOP}`
    for (const block of [ROOT_ONLY, IN_BLOCK]) {
      expect((await run(code, block)).output).toBe(word(0n))
      const state = stateOf({ [CONTRACT]: { code } })
      expect(await estimateGas(state, block, { to: CONTRACT }, { chainId: 1 })).toBeGreaterThan(21_000n)
    }
    const state = stateOf({ [CONTRACT]: { code: `48${RETURN_TOP}` }, [ALICE]: { balance: 10n ** 18n } })
    const request = { from: ALICE, to: CONTRACT, gas: 100_000n, maxFeePerGas: HEADER.baseFeePerGas! }
    expect((await call(state, IN_BLOCK, request, { chainId: 1 })).output).toBe(word(HEADER.baseFeePerGas!))
    await expect(call(state, ROOT_ONLY, request, { chainId: 1 })).rejects.toMatchObject({
      code: 'noBlockContext',
      details: { opcode: 'BASEFEE' },
    })
  })

  test('behavior: of a number alone, the number is known', async () => {
    const block = { number: 77, header: null }
    expect((await run(`43${RETURN_TOP}`, block)).output).toBe(word(77n))
    await expect(run(`604c40${RETURN_TOP}`, block)).rejects.toMatchObject({ details: { opcode: 'BLOCKHASH' } })
  })

  test('options: the rules are those of the block, or those that are asked for', async () => {
    // PUSH0 exists since Shanghai.
    const london = KNOWN_HEADERS.find(({ fork }) => fork === 'London')!
    const header = decodeHeader(Uint8Array.from(Buffer.from(london.rlp, 'hex')))
    await expect(run(`5f${RETURN_TOP}`, { number: header.number, header })).rejects.toMatchObject({
      code: 'callFailed',
    })
    expect((await run(`5f${RETURN_TOP}`, IN_BLOCK)).output).toBe(word(0n))
    const state = stateOf({ [CONTRACT]: { code: `5f${RETURN_TOP}` } })
    const request = { to: CONTRACT }
    await expect(call(state, ROOT_ONLY, request, { chainId: 999, hardfork: 'london' })).rejects.toMatchObject({
      code: 'callFailed',
    })
    expect((await call(state, ROOT_ONLY, request, { chainId: 999 })).output).toBe(word(0n))
  })

  test('error: a revert has its data, and its reason in words', async () => {
    // Error("no"): selector, offset, length, text
    const data = `08c379a0${word(32n).slice(2)}${word(2n).slice(2)}${'6e6f'.padEnd(64, '0')}`
    const code = `7f${data.slice(0, 64)}6000527f${data.slice(64, 128)}6020527f${data.slice(128, 192)}60405263${data.slice(192)}60e01b60605260646000fd`
    await expect(run(code)).rejects.toMatchObject({
      code: 'callReverted',
      message: 'execution reverted: no',
      details: { data: `0x${data}` },
    })
    await expect(run('60006000fd')).rejects.toMatchObject({ message: 'execution reverted', details: { data: '0x' } })
  })

  test.each([
    ['fe', 'invalid opcode'],
    ['5b600056', 'out of gas'],
    ['01', 'stack underflow'],
  ])('error: %s is callFailed, %s', async (code, reason) => {
    const state = stateOf({ [CONTRACT]: { code } })
    const failed = call(state, ROOT_ONLY, { to: CONTRACT, gas: 100_000n }, { chainId: 1 })
    await expect(failed).rejects.toMatchObject({ code: 'callFailed', details: { reason } })
  })

  test.each([
    { to: BOB, value: 1n },
    { data: '0x00', value: 1n },
    { to: BOB, gas: 21_000n, gasPrice: 1n },
    { to: BOB, gas: 21_000n, maxFeePerGas: 1n },
  ])('error: what the sender does not have can be neither sent nor paid: %o', async (request) => {
    const state = stateOf({ [ALICE]: { balance: 0n } })
    await expect(call(state, ROOT_ONLY, { from: ALICE, ...request }, { chainId: 1 })).rejects.toMatchObject({
      code: 'callFailed',
      message: expect.stringContaining('insufficient funds for gas * price + value'),
    })
  })

  test('behavior: gas is paid ahead of the call, at the price that the block makes of the offer', async () => {
    const code = `3331${RETURN_TOP}`
    const state = stateOf({ [CONTRACT]: { code }, [ALICE]: { balance: 10n ** 18n } })
    const offer = { maxFeePerGas: HEADER.baseFeePerGas! * 2n, maxPriorityFeePerGas: 1n }
    const request = { from: ALICE, to: CONTRACT, gas: 100_000n, ...offer }
    const { output } = await call(state, IN_BLOCK, request, { chainId: 1 })
    expect(BigInt(output)).toBe(10n ** 18n - 100_000n * (HEADER.baseFeePerGas! + 1n))
  })

  test('error: an offer that no block takes', async () => {
    const state = stateOf({ [ALICE]: { balance: 10n ** 18n } })
    const request = { from: ALICE, to: BOB, gas: 21_000n }
    const low = { ...request, maxFeePerGas: HEADER.baseFeePerGas! - 1n }
    await expect(call(state, IN_BLOCK, low, { chainId: 1 })).rejects.toMatchObject({ code: 'callFailed' })
    const tip = { ...request, maxFeePerGas: 1n, maxPriorityFeePerGas: 2n }
    await expect(call(state, ROOT_ONLY, tip, { chainId: 1 })).rejects.toMatchObject({ code: 'callFailed' })
  })

  test('behavior: a price that hangs on an unknown base fee fails the call that asks for it, and no other', async () => {
    const state = stateOf({ [CONTRACT]: { code: `3a${RETURN_TOP}` }, [ALICE]: { balance: 10n ** 18n } })
    const request = { from: ALICE, gas: 100_000n, maxFeePerGas: 5n }
    expect((await call(state, ROOT_ONLY, { ...request, to: BOB }, { chainId: 1 })).output).toBe('0x')
    await expect(call(state, ROOT_ONLY, { ...request, to: CONTRACT }, { chainId: 1 })).rejects.toMatchObject({
      code: 'noBlockContext',
      details: { opcode: 'GASPRICE' },
    })
  })

  test('behavior: reads each part of the state once, however often the call does', async () => {
    const state = stateOf({
      [CONTRACT]: { code: `600154506001545073${BOB.slice(2)}315073${BOB.slice(2)}3150` },
    })
    await call(state, ROOT_ONLY, { to: CONTRACT }, { chainId: 1 })
    expect(state.reads.get('slot 1')).toBe(1)
    expect(Math.max(...state.reads.values())).toBe(1)
  })

  test('options: overrides are what the call sees, and the rest of the state is as it is', async () => {
    const slots = { 1: 11n, 2: 22n }
    const state = stateOf({ [CONTRACT]: { code: `60015460025401${RETURN_TOP}`, slots }, [ALICE]: { balance: 3n } })
    const see = async (to: string, override: AccountOverride) => {
      const overrides = new Map([[to, override]])
      return (await call(state, ROOT_ONLY, { to }, { chainId: 1, overrides })).output
    }
    expect(await see(CONTRACT, { stateDiff: new Map([[1n, 5n]]) })).toBe(word(27n))
    expect(await see(CONTRACT, { state: new Map([[1n, 5n]]) })).toBe(word(5n))
    // SELFBALANCE, and EXTCODEHASH of the contract itself and of accounts with and without any state.
    expect(await see(ALICE, { code: `0x47${RETURN_TOP}` })).toBe(word(3n))
    expect(await see(BOB, { code: `0x47${RETURN_TOP}`, balance: 9n })).toBe(word(9n))
    const code = `303f${RETURN_TOP}`
    expect(await see(BOB, { code: `0x${code}` })).toBe(`0x${bytesToHex(keccak256(Buffer.from(code, 'hex')))}`)
    // The address of a created contract depends on the nonce.
    const create = { code: `0x600060006000f0${RETURN_TOP}` }
    expect(await see(BOB, { ...create, nonce: 5n })).not.toBe(await see(BOB, { ...create, nonce: 6n }))
  })

  test('error: a state that fails in the middle comes through as it is', async () => {
    const failure = new RootlightError('notSynced', 'not here')
    for (const part of ['account', 'storage', 'code'] as const) {
      const state = {
        ...stateOf({ [CONTRACT]: { code: `600154${RETURN_TOP}` } }),
        [part]: () => Promise.reject(failure),
      }
      await expect(call(state, ROOT_ONLY, { to: CONTRACT }, { chainId: 1 })).rejects.toBe(failure)
    }
  })
})

describe('estimateGas', () => {
  const estimate = (state: CallState, request: Parameters<typeof call>[2]) =>
    estimateGas(state, ROOT_ONLY, request, { chainId: 1 })

  test('default: a transfer takes 21,000, exactly', async () => {
    const state = stateOf({ [ALICE]: { balance: 5n } })
    expect(await estimate(state, { from: ALICE, to: BOB, value: 5n })).toBe(21_000n)
  })

  test('behavior: is the least with which the call does not fail, what it keeps back included', async () => {
    // CONTRACT calls OTHER with all but a 64th of its gas. OTHER writes two slots. CONTRACT reverts if the call fails.
    const code = `600080808080${`73${OTHER.slice(2)}`}5af115602257005b600080fd`
    const state = stateOf({ [CONTRACT]: { code }, [OTHER]: { code: '60016000556001600155' } })
    const request = { from: ALICE, to: CONTRACT }
    const gas = await estimate(state, request)
    expect((await call(state, ROOT_ONLY, { ...request, gas }, { chainId: 1 })).gasUsed).toBeLessThanOrEqual(gas)
    await expect(call(state, ROOT_ONLY, { ...request, gas: gas - 1n }, { chainId: 1 })).rejects.toMatchObject({
      code: 'callReverted',
    })
  })

  test('behavior: reads each part of the state once', async () => {
    const state = stateOf({ [CONTRACT]: { code: '600154600255' } })
    await estimate(state, { from: ALICE, to: CONTRACT })
    expect(Math.max(...state.reads.values())).toBe(1)
  })

  test('behavior: precompiles are warm', async () => {
    // Identity of one word costs: pushes, a warm access, memory, the copy. anvil reports the same gas.
    const state = stateOf({ [CONTRACT]: { code: '602060006020600060045afa50' } })
    expect(await estimate(state, { from: ALICE, to: CONTRACT })).toBe(21_140n)
  })

  test('behavior: what looks like a transfer, and goes to a precompile, is run', async () => {
    const identity = `0x${'0'.repeat(39)}4`
    expect(await estimate(stateOf({}), { from: ALICE, to: identity })).toBe(21_015n)
  })

  test('behavior: looks no further than what the sender can pay for', async () => {
    const state = stateOf({ [CONTRACT]: { code: '6001600055' }, [ALICE]: { balance: 30_000n } })
    const request = { from: ALICE, to: CONTRACT, gasPrice: 1n }
    const reason = 'gas required exceeds allowance (30000)'
    await expect(estimate(state, request)).rejects.toMatchObject({ details: { reason } })
    const transfer = { from: ALICE, to: BOB, gasPrice: 1n }
    expect(await estimate(state, transfer)).toBe(21_000n)
    await expect(estimate(state, { ...transfer, gasPrice: 2n })).rejects.toMatchObject({
      details: { reason: expect.stringContaining('insufficient funds') },
    })
  })

  test('behavior: a limit below any transaction is none', async () => {
    const state = stateOf({ [CONTRACT]: { code: '6001600055' } })
    const request = { from: ALICE, to: CONTRACT }
    expect(await estimate(state, { ...request, gas: 20_000n })).toBe(await estimate(state, request))
  })

  test('error: what fails with all the gas there is fails as a call does', async () => {
    await expect(estimate(stateOf({ [CONTRACT]: { code: '60006000fd' } }), { to: CONTRACT })).rejects.toMatchObject({
      code: 'callReverted',
    })
    await expect(estimate(stateOf({}), { from: ALICE, to: BOB, value: 1n })).rejects.toMatchObject({
      code: 'callFailed',
    })
  })
})
