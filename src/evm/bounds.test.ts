/** The costs of calls grow with the state touched by a call. Unbounded growth is a coded error. */
import { describe, expect, test, vi } from 'vitest'
import type { CallBlock, CallState } from '../wallet/provider/types.ts'
import { call } from './call.ts'
import { MAX_FRAME_BYTES } from './constants.ts'
import { JournaledState } from './journaled-state.ts'
import { Pacer } from './pacer.ts'

const BLOCK: CallBlock = { number: null, header: null }
const CONTRACT = `0x${'c0'.repeat(20)}`
const OTHER = `0x${'d0'.repeat(20)}`
const RETURN_TOP = '60005260206000f3'
/** Code pushing 2^116. */
const HUGE = `6e10${'00'.repeat(14)}`

function stateOf(codes: Readonly<Record<string, string>>): CallState {
  return {
    account: async () => null,
    storage: async () => 0n,
    code: async (address) => `0x${codes[address] ?? ''}`,
  }
}

const run = (code: string, gas?: bigint, pacer?: Pacer, others: Readonly<Record<string, string>> = {}) =>
  call(
    stateOf({ [CONTRACT]: code, ...others }),
    BLOCK,
    gas === undefined ? { to: CONTRACT } : { to: CONTRACT, gas },
    { chainId: 1 },
    pacer,
  )

/** Returns code calling n addresses, one after the other. */
const touching = (n: number) =>
  `61${n.toString(16).padStart(4, '0')}5b60008080808085620100000161fffff1506001900380600357`

describe('call', () => {
  test.each([
    ['1 GiB', '63400000006000fd'],
    ['2^116', `${HUGE}6000fd`],
    ['2^116 from 2^116', `${HUGE}${HUGE}fd`],
  ])('error: a revert with %s of data that nobody can pay for is out of gas', async (_, code) => {
    await expect(run(code)).rejects.toMatchObject({ code: 'callFailed', details: { reason: 'out of gas' } })
  })

  test('behavior: so it is in an inner call, and the outer one goes on', async () => {
    // ethereum/tests, stRevertTest/RevertOpcodeReturn d2: the callee reverts with 2^116 bytes
    const callee = `${HUGE}6000fd`
    const outer = `6000600060006000600073${OTHER.slice(2)}620186a0f1600101${RETURN_TOP}`
    const { output } = await run(outer, undefined, undefined, { [OTHER]: callee })
    expect(BigInt(output)).toBe(1n)
  })

  test.each([
    ['RETURN', 'f3'],
    ['a log', 'a0'],
    ['a hash', '20'],
    ['a creation', '6000f0'],
  ])('error: %s of 2^116 bytes is out of gas', async (_, opcode) => {
    await expect(run(`${HUGE}6000${opcode}`)).rejects.toMatchObject({ code: 'callFailed' })
  })

  test('behavior: nothing listens to the steps of the EVM, which would copy its memory at each of them', async () => {
    // 100 kB of memory, then 10,000 steps: a copy at every step would be a gigabyte.
    const slice = vi.spyOn(Uint8Array.prototype, 'slice')
    const copied = () => slice.mock.results.reduce((sum, { value }) => sum + (value as Uint8Array).length, 0)
    try {
      await run('6001620186a0526107d05b6001900380600a5700')
      expect(copied()).toBeLessThan(1_000_000)
    } finally {
      slice.mockRestore()
    }
  })

  test('behavior: twice the accounts are twice the work', async () => {
    const methods = ['getAccount', 'putAccount', 'checkpoint', 'commit'] as const
    const workOf = async (n: number) => {
      const spies = methods.map((method) => vi.spyOn(JournaledState.prototype, method))
      const sets = vi.spyOn(Map.prototype, 'set')
      try {
        await run(touching(n))
        return spies.reduce((sum, { mock }) => sum + mock.calls.length, 0) + sets.mock.calls.length
      } finally {
        for (const spy of [...spies, sets]) spy.mockRestore()
      }
    }
    await workOf(10)
    const [few, many] = [await workOf(200), await workOf(400)]
    expect(few).toBeGreaterThan(200)
    expect(many / few).toBeLessThan(2.1)
  })

  test('error: frames that hold more than they may together', async () => {
    // The contract calls itself as deep as possible, with 24 kB of code.
    const code = `60006000600060006000305af1${'00'.repeat(24_000)}`
    await expect(run(code)).rejects.toMatchObject({ code: 'callTooLarge', details: { limitBytes: MAX_FRAME_BYTES } })
  })
})

describe('Pacer', () => {
  /** Returns a pacer with a clock advancing by `stepMs` at each look. */
  function pacerOf(options: { limitMs?: number; stepMs?: number; signal?: AbortSignal } = {}) {
    const { limitMs = 1e9, stepMs = 1, signal } = options
    let nowMs = 0
    let yields = 0
    const pacer = new Pacer({
      limitMs,
      signal,
      now: () => {
        nowMs += stepMs
        return nowMs
      },
      yieldThread: async () => void yields++,
    })
    return { pacer, yields: () => yields }
  }
  /** A loop ending with its gas. */
  const LOOP = '5b600056'

  test('behavior: a loop yields by the clock', async () => {
    const { pacer, yields } = pacerOf()
    await expect(run(LOOP, 200_000n, pacer)).rejects.toMatchObject({ details: { reason: 'out of gas' } })
    expect(yields()).toBeGreaterThan(100)
  })

  test('behavior: its gas is what it is without', async () => {
    const code = `6103e85b600190038060035700`
    const { gasUsed } = await run(code, undefined, pacerOf().pacer)
    expect(gasUsed).toBe((await run(code)).gasUsed)
  })

  test('error: a call that runs for longer than it may', async () => {
    const { pacer } = pacerOf({ limitMs: 100 })
    await expect(run(LOOP, undefined, pacer)).rejects.toMatchObject({
      code: 'callTimeout',
      details: { limitMs: 100, thread: 'page' },
    })
  })

  test('error: a signal ends a call that runs, and one that waits for its state', async () => {
    const controller = new AbortController()
    const { pacer } = pacerOf({ signal: controller.signal })
    const running = run(LOOP, undefined, pacer)
    controller.abort(new Error('no longer wanted'))
    await expect(running).rejects.toMatchObject({ code: 'callAborted', cause: new Error('no longer wanted') })

    const other = new AbortController()
    const silent = { ...stateOf({}), account: () => new Promise<never>(() => {}) }
    const waiting = call(silent, BLOCK, { to: CONTRACT }, { chainId: 1 }, pacerOf({ signal: other.signal }).pacer)
    other.abort()
    await expect(waiting).rejects.toMatchObject({ code: 'callAborted' })
  })

  test('behavior: the time in which a call waits for its state is not its own', async () => {
    let nowMs = 0
    const pacer = new Pacer({ limitMs: 100, now: () => nowMs })
    const slowly = async () => {
      nowMs += 10_000
      return 7n
    }
    const slow = { ...stateOf({ [CONTRACT]: `600154${RETURN_TOP}` }), storage: slowly }
    const { output } = await call(slow, BLOCK, { to: CONTRACT }, { chainId: 1 }, pacer)
    expect(BigInt(output)).toBe(7n)
  })
})
