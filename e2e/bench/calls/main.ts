/** The page of the calls benchmark: the same calls in the worker of `rootlight/evm`, and by the EVM on the page's thread. */
import { encodeFunctionData, erc20Abi, multicall3Abi } from 'viem'
import { MULTICALL3, TOKEN } from '../../../demo/contracts/bytecode.ts'
import { call } from '../../../src/evm/call.ts'
import { createEvm } from '../../../src/evm/create-evm.ts'
import type { CallBlock, CallRequest, CallState } from '../../../src/wallet/provider/types.ts'
import type { MeasuredCall, MeasuredCalls } from './contract.ts'

const BALANCES = 400
const TIMER_MS = 10
const MULTICALL_ADDRESS = `0x${'ca'.repeat(20)}`
const TOKEN_ADDRESS = `0x${'70'.repeat(20)}` as const
const LOOP_ADDRESS = `0x${'10'.repeat(20)}`
const CODES: Readonly<Record<string, string>> = {
  [MULTICALL_ADDRESS]: MULTICALL3,
  [TOKEN_ADDRESS]: TOKEN,
  // Counts up for ever: all gas goes into plain arithmetic.
  [LOOP_ADDRESS]: '60005b600101600256',
}
const BLOCK: CallBlock = { number: null, header: null }
const OPTIONS = { chainId: 1 }

/** Answers at once, so only the EVM and the messages between worker and page are measured. */
const state: CallState = {
  account: async () => null,
  storage: async () => 7n,
  code: async (address) => `0x${CODES[address] ?? ''}`,
}

const MULTICALL: CallRequest = { to: MULTICALL_ADDRESS, data: multicallData() }
const BURN: CallRequest = { to: LOOP_ADDRESS }

const evm = createEvm()
const inWorker = (request: CallRequest) => evm.call(state, BLOCK, request, OPTIONS)
const bare = (request: CallRequest) => call(state, BLOCK, request, OPTIONS)

async function measureCalls(): Promise<MeasuredCalls> {
  // Warms up both: the start of the worker is no part of a call.
  await Promise.all([inWorker({ ...BURN, gas: 1_000_000n }), bare({ ...BURN, gas: 1_000_000n })].map(settled))
  const multicallBare = await measure(() => bare(MULTICALL))
  const multicall = await measure(() => inWorker(MULTICALL))
  const burn = await measure(() => inWorker(BURN))
  const burnBare = await measure(() => bare(BURN))
  return { multicall, multicallBare, burn, burnBare, abortMs: await measureAbort() }
}

async function measure(run: () => Promise<unknown>): Promise<MeasuredCall> {
  const start = performance.now()
  const fired = [start]
  const timer = setInterval(() => fired.push(performance.now()), TIMER_MS)
  const error = await settled(run())
  const end = performance.now()
  clearInterval(timer)
  const gaps = [...fired, end].slice(1).map((at, i) => at - fired[i]!)
  return { ms: end - start, timers: fired.length - 1, longestGapMs: Math.max(...gaps), error }
}

async function measureAbort(): Promise<number> {
  const controller = new AbortController()
  const running = settled(evm.call(state, BLOCK, BURN, { ...OPTIONS, signal: controller.signal }))
  await new Promise((resolve) => setTimeout(resolve, 500))
  const start = performance.now()
  controller.abort()
  await running
  return performance.now() - start
}

/** Resolves with the code of the error of `running`; `null`: no error. */
function settled(running: Promise<unknown>): Promise<string | null> {
  return running.then(
    () => null,
    (error: { code: string }) => error.code,
  )
}

function multicallData(): string {
  const calls = Array.from({ length: BALANCES }, (_, i) => ({
    target: TOKEN_ADDRESS,
    allowFailure: false,
    callData: encodeFunctionData({
      abi: erc20Abi,
      functionName: 'balanceOf',
      args: [`0x${(i + 1).toString(16).padStart(40, '0')}`],
    }),
  }))
  return encodeFunctionData({ abi: multicall3Abi, functionName: 'aggregate3', args: [calls] })
}

Object.assign(window, { measureCalls })
