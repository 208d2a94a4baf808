/** Runs one call to its end on a state of its own, as a transaction that is never mined. The order of its checks is geth's. */
import { createEVM, type EVM, EVMError } from '@ethereumjs/evm'
import { Account, type Address, bytesToHex, createAddressFromString, hexToBytes } from '@ethereumjs/util'
import type { CallBlock, CallOptions, CallRequest, CallState } from '../wallet/provider/types.ts'
import { applyAuthorizations } from './authorizations.ts'
import { blobFeeOf, blockHashes, evmBlock, noBlockContext } from './block-context.ts'
import { type CallContext, contextOf } from './call-context.ts'
import { checkRequest } from './check-request.ts'
import { NOBODY } from './constants.ts'
import { CallError, callFailed, toCallError } from './errors.ts'
import { checkFunds, costOf, feesOf } from './fees.ts'
import { meterFrames } from './frame-meter.ts'
import { UNKNOWN_GAS_PRICE } from './gas-price.ts'
import { intrinsicGas } from './intrinsic-gas.ts'
import { JournaledState } from './journaled-state.ts'
import { type Pacer, pacedJumpDestination } from './pacer.ts'
import { customPrecompiles, precompilesOf } from './precompiles.ts'
import { revertReason } from './revert-reason.ts'
import { rulesOf } from './rules.ts'

export interface RunOptions extends CallOptions {
  /** The limit of the whole transaction. */
  readonly gas: bigint
  /** Left out: the thread is the call's own. */
  readonly pacer?: Pacer | undefined
}

export interface Ran {
  readonly output: string
  /** Of the whole transaction, refunds taken off. */
  readonly gasUsed: bigint
  /** The most that was used at any time: refunds come when all is done. */
  readonly peakGas: bigint
}

/** Rejects with `CallError`, or as the state does. */
export async function runCall(
  state: CallState,
  block: CallBlock,
  request: CallRequest,
  options: RunOptions,
): Promise<Ran> {
  try {
    return await run(new JournaledState(state), contextOf(block, options), request, options)
  } catch (error) {
    throw toCallError(error)
  }
}

async function run(
  state: JournaledState,
  context: CallContext,
  request: CallRequest,
  options: RunOptions,
): Promise<Ran> {
  const { gas, pacer } = options
  const common = rulesOf(context, options)
  const fees = feesOf(request, context)
  const blobFee = request.blobVersionedHashes === undefined || fees.blobCap === 0n ? 0n : blobFeeOf(context, common)
  checkRequest(request, fees, blobFee, common)
  const { from = NOBODY, to, value = 0n, data = '0x', blobVersionedHashes, authorizationList = [] } = request
  const caller = createAddressFromString(from)
  await takeFees(state, caller, costOf(request, gas, fees, blobFee ?? unknownBlobFee()))
  const { base, floor } = intrinsicGas(request, common)
  if (gas < base || gas < floor) throw callFailed('intrinsic gas too low')
  const evm = await createEVM({
    common,
    stateManager: state,
    blockchain: blockHashes(context),
    customOpcodes: [
      ...(fees.price === null ? [UNKNOWN_GAS_PRICE] : []),
      ...(pacer === undefined ? [] : [pacedJumpDestination(pacer)]),
    ],
    customPrecompiles: customPrecompiles(common, options.overrides),
  })
  meterFrames(evm, state)
  warmUp(evm, { ...request, from }, context)
  const authorityRefund = await applyAuthorizations(evm, state, authorizationList)
  const { execResult } = await evm.runCall({
    block: evmBlock(context, fees, common),
    caller,
    ...(to === undefined ? {} : { to: createAddressFromString(to) }),
    value,
    data: hexToBytes(data as `0x${string}`),
    gasLimit: gas - base,
    gasPrice: fees.price ?? 0n,
    blobVersionedHashes: [...(blobVersionedHashes ?? [])] as `0x${string}`[],
  })
  const { exceptionError, returnValue, executionGasUsed, gasRefund = 0n } = execResult
  if (exceptionError !== undefined) {
    if (exceptionError.error === EVMError.errorMessages.REVERT) throw callReverted(returnValue)
    // A jump that goes wrong says where, in terms of nobody's.
    throw callFailed(exceptionError.error.replace(/ at .*$/s, ''))
  }
  const used = base + executionGasUsed
  const most = common.isActivatedEIP(3529) ? used / 5n : used / 2n
  const refund = gasRefund + authorityRefund
  const charged = used - (refund < most ? refund : most)
  const peakGas = used < floor ? floor : used
  return { output: bytesToHex(returnValue), gasUsed: charged < floor ? floor : charged, peakGas }
}

/** The sender pays before the call runs, and before it is seen whether its gas is enough to begin. */
async function takeFees(
  state: JournaledState,
  caller: Address,
  { atMost, prepaid }: { readonly atMost: bigint; readonly prepaid: bigint },
): Promise<void> {
  if (atMost === 0n && prepaid === 0n) return
  const account = (await state.getAccount(caller)) ?? new Account()
  // An offer for blobs that names no price is not checked, and may be dearer than what there is.
  checkFunds(account.balance, atMost > prepaid ? atMost : prepaid)
  account.balance -= prepaid
  await state.putAccount(caller, account)
}

/** What a transaction finds accessed when it begins, by EIP-2929, EIP-2930 and EIP-3651. */
function warmUp({ journal, common }: EVM, { from, to, accessList = [] }: CallRequest, { coinbase }: CallContext) {
  const warm = [from, to, common.isActivatedEIP(3651) ? coinbase : undefined]
  for (const address of warm) if (typeof address === 'string') journal.addAlwaysWarmAddress(bare(address))
  // Those of the rules, wherever the overrides have put them.
  for (const address of precompilesOf(common).keys()) journal.addAlwaysWarmAddress(bare(address))
  for (const { address, storageKeys } of accessList) {
    journal.addAlwaysWarmAddress(bare(address))
    for (const key of storageKeys) journal.addAlwaysWarmSlot(bare(address), bare(key))
  }
}

function callReverted(data: Uint8Array): CallError {
  const reason = revertReason(data)
  const message = reason === null ? 'execution reverted' : `execution reverted: ${reason}`
  return new CallError('callReverted', message, { details: { data: bytesToHex(data) } })
}

function unknownBlobFee(): never {
  throw noBlockContext('BLOBBASEFEE')
}

function bare(hex: string): string {
  return hex.slice(2).toLowerCase()
}
