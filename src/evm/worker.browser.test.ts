/** Calls in a real worker of a real browser. Calls end, and the window stays responsive. */
import { describe, expect, test } from 'vitest'
import { RootlightError } from '../runtime/error.ts'
import type { CallBlock, CallState } from '../wallet/provider/types.ts'
import { createEvm } from './create-evm.ts'
import { call } from './index.ts'
import { openWorker } from './open-worker.ts'

const BLOCK: CallBlock = { number: null, header: null }
const CONTRACT = `0x${'c0'.repeat(20)}`
const RETURN_TOP = '60005260206000f3'
/** A loop ending only with its gas. */
const LOOP = '5b600056'
const OPTIONS = { chainId: 1 }

function stateOf(code: string): CallState {
  return { account: async () => null, storage: async (_, slot) => slot * 2n, code: async () => `0x${code}` }
}

/** Returns a function opening workers, and their count. */
function counted() {
  const workers: Worker[] = []
  const worker = () => {
    workers.push(openWorker())
    return workers.at(-1)!
  }
  return { workers, worker }
}

describe('call', () => {
  test('default: runs in a worker, on reads that the page answers, and is estimated there', async () => {
    const { workers, worker } = counted()
    const { call, estimateGas } = createEvm({ worker })
    const code = `601554${RETURN_TOP}`
    const { output } = await call(stateOf(code), BLOCK, { to: CONTRACT }, OPTIONS)
    expect(BigInt(output)).toBe(42n)
    expect(await estimateGas(stateOf(code), BLOCK, { to: CONTRACT }, OPTIONS)).toBeGreaterThan(21_000n)
    expect(workers).toHaveLength(1)
  })

  test('behavior: a worker is used again, and no more than a few run at a time', async () => {
    const { workers, worker } = counted()
    const evm = createEvm({ worker })
    const state = stateOf(`6001${RETURN_TOP}`)
    const run = () => evm.call(state, BLOCK, { to: CONTRACT }, OPTIONS)
    await run()
    await run()
    expect(workers).toHaveLength(1)
    const results = await Promise.all(Array.from({ length: 20 }, run))
    expect(results.map(({ output }) => BigInt(output))).toEqual(Array(20).fill(1n))
    expect(workers).toHaveLength(2)
  })

  test('behavior: timers, messages and frames of the page go on while a call runs', async () => {
    let isRunning = true
    const ran = call(stateOf(LOOP), BLOCK, { to: CONTRACT, gas: 3_000_000n }, OPTIONS).catch(() => {
      isRunning = false
    })
    const seen = { timers: 0, messages: 0 }
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      seen.messages++
      if (isRunning) setTimeout(() => port2.postMessage(null), 5)
    }
    port2.postMessage(null)
    const timer = setInterval(() => seen.timers++, 5)
    await ran
    clearInterval(timer)
    expect(seen.timers).toBeGreaterThan(3)
    expect(seen.messages).toBeGreaterThan(3)
  })

  test('error: a signal ends a call that computes, at once, and the next one runs', async () => {
    const { workers, worker } = counted()
    const evm = createEvm({ worker })
    await evm.call(stateOf(''), BLOCK, { to: CONTRACT }, OPTIONS)
    const controller = new AbortController()
    const options = { ...OPTIONS, signal: controller.signal }
    const burning = evm.call(stateOf(LOOP), BLOCK, { to: CONTRACT }, options)
    const failed = expect(burning).rejects.toMatchObject({ code: 'callAborted', cause: 'enough' })
    await new Promise((resolve) => setTimeout(resolve, 100))
    const abortedAt = performance.now()
    controller.abort('enough')
    await failed
    // The bound is the point of this test; aborting takes under a millisecond.
    expect(performance.now() - abortedAt).toBeLessThan(100)
    await expect(evm.call(stateOf(''), BLOCK, { to: CONTRACT }, options)).rejects.toMatchObject({ code: 'callAborted' })
    const { output } = await evm.call(stateOf(`6001${RETURN_TOP}`), BLOCK, { to: CONTRACT }, OPTIONS)
    expect(BigInt(output)).toBe(1n)
    expect(workers).toHaveLength(2)
  })

  test('error: a signal ends a call that waits: for its state, or for a worker', async () => {
    const { worker } = counted()
    const evm = createEvm({ worker })
    const silent = { ...stateOf(''), account: () => new Promise<never>(() => {}) }
    const controllers = Array.from({ length: 4 }, () => new AbortController())
    const calls = controllers.map(({ signal }) => evm.call(silent, BLOCK, { to: CONTRACT }, { ...OPTIONS, signal }))
    const failed = calls.map((each) => expect(each).rejects.toMatchObject({ code: 'callAborted' }))
    for (const controller of controllers.toReversed()) controller.abort()
    await Promise.all(failed)
    await expect(evm.call(stateOf(''), BLOCK, { to: CONTRACT }, OPTIONS)).resolves.toMatchObject({ output: '0x' })
  })

  test('error: a call that runs for longer than it may, whatever it does', async () => {
    const evm = createEvm({ timeoutMs: 300 })
    // A plain loop, and a loop over a precompile.
    const modexp = '5b600060006103ff600060006005620ffffff150600056'
    for (const code of [LOOP, modexp]) {
      const failed = evm.call(stateOf(code), BLOCK, { to: CONTRACT }, OPTIONS)
      await expect(failed).rejects.toMatchObject({ code: 'callTimeout', details: { limitMs: 300 } })
    }
  })

  test('error: what the state rejects with comes through as it is, and the worker stays', async () => {
    const { workers, worker } = counted()
    const evm = createEvm({ worker })
    const failure = new RootlightError('notSynced', 'not here')
    for (const part of ['account', 'storage', 'code'] as const) {
      const state = { ...stateOf(`600154${RETURN_TOP}`), [part]: () => Promise.reject(failure) }
      await expect(evm.call(state, BLOCK, { to: CONTRACT }, OPTIONS)).rejects.toBe(failure)
    }
    await evm.call(stateOf(''), BLOCK, { to: CONTRACT }, OPTIONS)
    expect(workers).toHaveLength(1)
  })

  test('error: a revert and a failure are those that the thread has', async () => {
    const revert = call(stateOf('60006000fd'), BLOCK, { to: CONTRACT }, OPTIONS)
    await expect(revert).rejects.toMatchObject({ code: 'callReverted', details: { data: '0x' } })
    const asked = call(stateOf(`42${RETURN_TOP}`), BLOCK, { to: CONTRACT }, OPTIONS)
    await expect(asked).rejects.toMatchObject({ code: 'noBlockContext', details: { opcode: 'TIMESTAMP' } })
  })

  test.each<[string, (() => Worker) | null]>([
    ['there is none', null],
    [
      'none may be made',
      () => {
        throw new DOMException('the policy forbids it', 'SecurityError')
      },
    ],
    ['its script is not there', () => new Worker('/no/such/script.js', { type: 'module' })],
    ['its script is no script', () => new Worker(URL.createObjectURL(new Blob(['{'])), { type: 'module' })],
  ])('behavior: where %s, calls run on the thread, yield it, and say so only in their errors', async (_, worker) => {
    const evm = createEvm({ worker, timeoutMs: 300 })
    const { output } = await evm.call(stateOf(`6001${RETURN_TOP}`), BLOCK, { to: CONTRACT }, OPTIONS)
    expect(BigInt(output)).toBe(1n)
    let timers = 0
    const timer = setInterval(() => timers++, 5)
    const details = { thread: 'page', ...(worker === null ? {} : { noWorker: expect.any(String) }) }
    const failed = evm.call(stateOf(LOOP), BLOCK, { to: CONTRACT }, OPTIONS)
    await expect(failed).rejects.toMatchObject({ code: 'callTimeout', details })
    clearInterval(timer)
    expect(timers).toBeGreaterThan(3)
  })

  test('behavior: a worker that fails while it has nothing to do is replaced', async () => {
    const { workers, worker } = counted()
    const evm = createEvm({ worker })
    const run = () => evm.call(stateOf(`6001${RETURN_TOP}`), BLOCK, { to: CONTRACT }, OPTIONS)
    await run()
    workers[0]!.dispatchEvent(new ErrorEvent('error', { message: 'gone' }))
    expect(BigInt((await run()).output)).toBe(1n)
    expect(workers).toHaveLength(2)
  })

  test('error: a worker that ends in the middle of a call ends the call', async () => {
    const dying = `postMessage({ kind: 'ready' }); onmessage = () => { setTimeout(() => { throw new Error('broken') }) }`
    const evm = createEvm({ worker: () => new Worker(URL.createObjectURL(new Blob([dying]))) })
    await expect(evm.call(stateOf(''), BLOCK, { to: CONTRACT }, OPTIONS)).rejects.toMatchObject({ code: 'evmFailed' })
  })
})
