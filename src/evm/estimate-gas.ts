/** `eth_estimateGas`: finds the least gas with which a transaction succeeds, by bisection, as geth does. */
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
 * Returns the least sufficient gas. Rejects as the call does with the largest allowed gas. DIFF FROM GETH: the
 * bisection goes on to the exact value, while geth stops within 1.5 %.
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
  // A call of a precompile looks like a transfer, and fails this run.
  if ((await isTransfer(reads, request)) && (await suffices(() => run(TRANSFER_GAS)))) return TRANSFER_GAS
  let enough = await mostGas(reads, block, request, options)
  const { gasUsed, peakGas } = await runWithAll(() => run(enough), enough)
  // Less than the gas used cannot be enough: refunds come only after the run.
  let tooLittle = gasUsed - 1n
  // For nearly all calls, the peak plus the 64th kept back by inner calls is enough.
  const likely = ((peakGas + CALL_STIPEND) * 64n) / 63n
  if (likely < enough) {
    if (await suffices(() => run(likely))) enough = likely
    else tooLittle = likely
  }
  while (enough - tooLittle > 1n) {
    const middle = (enough + tooLittle) / 2n
    // The result is close to the gas used, unless inner calls keep back a 64th: so search near the lower end first.
    const gas = middle > tooLittle * 2n ? tooLittle * 2n : middle
    if (await suffices(() => run(gas))) enough = gas
    else tooLittle = gas
  }
  return enough
}

/**
 * Returns the result of `run`. Where `run` fails for want of gas, throws `callFailed` naming the largest allowed gas.
 */
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
  // As in geth, a gas limit below a plain transfer's gas is ignored.
  const limits = [gas >= TRANSFER_GAS ? gas : (context.gasLimit ?? MAX_CALL_GAS), MAX_CALL_GAS]
  if (rulesOf(context, options).isActivatedEIP(7825)) limits.push(MAX_TRANSACTION_GAS)
  limits.push((await affordable(state, request, feesOf(request, context))) ?? MAX_CALL_GAS)
  return limits.reduce((least, limit) => (limit < least ? limit : least))
}

/**
 * Returns the gas affordable for the sender; `null` for unlimited. Throws `callFailed` if the sender cannot even pay
 * for the value and the blobs.
 */
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
  // At this limit the run reports the right error: the check of funds comes before the check of gas.
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
