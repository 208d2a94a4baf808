/** `eth_estimateGas`: the least gas with which a transaction does not fail, by bisection, as geth finds it. */
import { isRootlightError } from '../trie/error.ts'
import type { CallBlock, CallOptions, CallRequest, CallState } from '../wallet/provider/types.ts'
import { MAX_CALL_GAS, MAX_TRANSACTION_GAS, TRANSFER_GAS } from './constants.ts'
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
  if (await isTransfer(reads, request)) {
    await run(TRANSFER_GAS)
    return TRANSFER_GAS
  }
  let enough = mostGas(block, request, options)
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

function mostGas(block: CallBlock, { gas }: CallRequest, options: CallOptions): bigint {
  const common = rulesOf(block, options)
  const limits = [gas ?? MAX_CALL_GAS, MAX_CALL_GAS]
  if (block.header !== null) limits.push(block.header.gasLimit)
  if (common.isActivatedEIP(7825)) limits.push(MAX_TRANSACTION_GAS)
  return limits.reduce((least, limit) => (limit < least ? limit : least))
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
