/** `eth_estimateGas`: the least gas with which a transaction does not fail, by bisection, as geth finds it. */
import { isRootlightError } from '../trie/error.ts'
import type { CallBlock, CallOptions, CallRequest, CallState } from '../wallet/provider/types.ts'
import { MAX_CALL_GAS, MAX_TRANSACTION_GAS, TRANSFER_GAS } from './constants.ts'
import { feesOf } from './fees.ts'
import { readsOf } from './overridden-state.ts'
import { rulesOf } from './rules.ts'
import { runCall } from './run-call.ts'

/** Rejects as the call does with all the gas that it may have. */
export async function estimateGas(
  state: CallState,
  block: CallBlock,
  request: CallRequest,
  options: CallOptions,
): Promise<bigint> {
  const reads = readsOf(state, options)
  const run = (gas: bigint) => runCall(reads, block, request, { ...options, gas })
  // To a precompile it is not.
  if ((await isTransfer(reads, request)) && (await suffices(() => run(TRANSFER_GAS)))) return TRANSFER_GAS
  let enough = await mostGas(reads, block, request, options)
  const { gasUsed } = await run(enough)
  // Less than what was used cannot be enough: refunds come when all is done.
  let tooLittle = gasUsed - 1n
  while (enough - tooLittle > 1n) {
    const middle = (enough + tooLittle) / 2n
    // What was used is close to what it takes, unless calls keep a 64th back.
    const gas = middle > tooLittle * 2n ? tooLittle * 2n : middle
    if (await suffices(() => run(gas))) enough = gas
    else tooLittle = gas
  }
  return enough
}

async function mostGas(
  state: CallState,
  block: CallBlock,
  request: CallRequest,
  options: CallOptions,
): Promise<bigint> {
  const common = rulesOf(block, options)
  const { gas = MAX_CALL_GAS } = request
  // As in geth, one that cannot be enough is no limit.
  const limits = [MAX_CALL_GAS, await affordable(state, block, request)]
  if (gas >= TRANSFER_GAS) limits.push(gas)
  if (block.header !== null) limits.push(block.header.gasLimit)
  if (common.isActivatedEIP(7825)) limits.push(MAX_TRANSACTION_GAS)
  return limits.reduce((least, limit) => (limit < least ? limit : least))
}

/** How much gas the sender can pay for. Where that is too little for anything, no limit: the run says what is wrong. */
async function affordable(state: CallState, block: CallBlock, request: CallRequest): Promise<bigint> {
  const { cap } = feesOf(request, block)
  const { from, value = 0n } = request
  if (cap === 0n || from === undefined) return MAX_CALL_GAS
  const balance = (await state.account(from))?.balance ?? 0n
  const gas = (balance - value) / cap
  return gas < TRANSFER_GAS ? MAX_CALL_GAS : gas
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
