/** `eth_estimateGas`: the least gas with which a transaction does not fail, by bisection, as geth finds it. */
import { isRootlightError } from '../runtime/error.ts'
import type { CallBlock, CallOptions, CallRequest, CallState } from '../wallet/provider/types.ts'
import { contextOf } from './call-context.ts'
import { CALL_STIPEND, MAX_CALL_GAS, MAX_TRANSACTION_GAS, TRANSFER_GAS } from './constants.ts'
import { callFailed } from './errors.ts'
import { costOf, feesOf } from './fees.ts'
import { readsOf } from './overridden-state.ts'
import type { Pacer } from './pacer.ts'
import { rulesOf } from './rules.ts'
import { runCall } from './run-call.ts'

/**
 * Rejects as the call does with all the gas that it may have. DIFF FROM GETH: the bisection goes on to the end, where geth
 * leaves off within 1.5 %.
 */
export async function estimateGas(
  state: CallState,
  block: CallBlock,
  request: CallRequest,
  options: CallOptions,
  pacer?: Pacer,
): Promise<bigint> {
  const reads = readsOf(state, options, pacer)
  const run = (gas: bigint) => runCall(reads, block, request, { ...options, gas, pacer })
  // To a precompile it is not.
  if ((await isTransfer(reads, request)) && (await suffices(() => run(TRANSFER_GAS)))) return TRANSFER_GAS
  let enough = await mostGas(reads, block, request, options)
  const { gasUsed, peakGas } = await runWithAll(() => run(enough), enough)
  // Less than what was used cannot be enough: refunds come when all is done.
  let tooLittle = gasUsed - 1n
  // What calls keep back, and no more, is enough for nearly all.
  const likely = ((peakGas + CALL_STIPEND) * 64n) / 63n
  if (likely < enough) {
    if (await suffices(() => run(likely))) enough = likely
    else tooLittle = likely
  }
  while (enough - tooLittle > 1n) {
    const middle = (enough + tooLittle) / 2n
    // What was used is close to what it takes, unless calls keep a 64th back.
    const gas = middle > tooLittle * 2n ? tooLittle * 2n : middle
    if (await suffices(() => run(gas))) enough = gas
    else tooLittle = gas
  }
  return enough
}

/** Where all the gas that there may be is not enough, that is what is wrong. */
async function runWithAll<T>(run: () => Promise<T>, gas: bigint): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (!isRootlightError(error, 'callFailed')) throw error
    const { reason } = error.details
    const isGas = reason === 'out of gas' || reason === 'intrinsic gas too low'
    throw isGas ? callFailed(`gas required exceeds allowance (${gas})`) : error
  }
}

async function mostGas(
  state: CallState,
  block: CallBlock,
  request: CallRequest,
  options: CallOptions,
): Promise<bigint> {
  const context = contextOf(block, options)
  const { gas = 0n } = request
  // As in geth, one that cannot be enough is no limit.
  const limits = [gas >= TRANSFER_GAS ? gas : (context.gasLimit ?? MAX_CALL_GAS), MAX_CALL_GAS]
  if (rulesOf(context, options).isActivatedEIP(7825)) limits.push(MAX_TRANSACTION_GAS)
  limits.push((await affordable(state, request, feesOf(request, context))) ?? MAX_CALL_GAS)
  return limits.reduce((least, limit) => (limit < least ? limit : least))
}

/** How much gas the sender can pay for; `null`: as much as it wants. Throws `callFailed` where it cannot pay for anything. */
async function affordable(
  state: CallState,
  request: CallRequest,
  fees: ReturnType<typeof feesOf>,
): Promise<bigint | null> {
  if (fees.cap === 0n || request.from === undefined) return null
  const balance = (await state.account(request.from))?.balance ?? 0n
  const besides = costOf(request, 0n, fees, 0n).atMost
  if (besides > 0n && besides >= balance) throw callFailed(`insufficient funds for transfer: have ${balance}`)
  const gas = (balance - besides) / fees.cap
  // The run says what is wrong: it asks for the funds ahead of the gas.
  return gas < TRANSFER_GAS ? TRANSFER_GAS : gas
}

async function isTransfer(state: CallState, { to, data = '0x', accessList = [] }: CallRequest): Promise<boolean> {
  return to !== undefined && data === '0x' && accessList.length === 0 && (await state.code(to)) === '0x'
}

async function suffices(run: () => Promise<unknown>): Promise<boolean> {
  try {
    await run()
    return true
  } catch (error) {
    if (isRootlightError(error, 'callFailed') || isRootlightError(error, 'callReverted')) return false
    throw error
  }
}
