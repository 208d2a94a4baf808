/** Runs one call to its end on its own state, as a transaction never to be mined. The checks come in geth's order. */
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
  /** The gas limit of the whole transaction. */
  readonly gas: bigint
  /** The pacer of a call on a shared thread. Left out: the call has the thread to itself. */
  readonly pacer?: Pacer | undefined
}

export interface Ran {
  readonly output: string
  /** The gas used by the whole transaction, after refunds. */
  readonly gasUsed: bigint
  /** The most gas used at any time, before refunds. */
  readonly peakGas: bigint
}

/** Runs a call. Rejects with `CallError`, or with the error of a state read. */
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
  await countTransaction(state, caller)
  const authorityRefund = await applyAuthorizations(evm, state, authorizationList)
  const { execResult } = await evm.runCall({
    block: evmBlock(context, fees, common),
    caller,
    skipNonceIncrement: true,
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
    // The EVM adds the position to a failed jump. Callers know no such positions.
    throw callFailed(exceptionError.error.replace(/ at .*$/s, ''))
  }
  const used = base + executionGasUsed
  const most = common.isActivatedEIP(3529) ? used / 5n : used / 2n
  const refund = gasRefund + authorityRefund
  const charged = used - (refund < most ? refund : most)
  const peakGas = used < floor ? floor : used
  return { output: bytesToHex(returnValue), gasUsed: charged < floor ? floor : charged, peakGas }
}

/** Takes the fees from the sender. As in geth, payment comes before the check of intrinsic gas. Throws `callFailed`. */
async function takeFees(
  state: JournaledState,
  caller: Address,
  { atMost, prepaid }: { readonly atMost: bigint; readonly prepaid: bigint },
): Promise<void> {
  if (atMost === 0n) return
  const account = (await state.getAccount(caller)) ?? new Account()
  // The payment is never above the offer: a price is at most its cap.
  checkFunds(account.balance, atMost)
  account.balance -= prepaid
  await state.putAccount(caller, account)
}

/**
 * Increments the sender's nonce. As in EIP-7702 and geth, the increment comes before the authorizations: the sender's
 * own authorization is signed for the nonce after this transaction.
 */
async function countTransaction(state: JournaledState, caller: Address): Promise<void> {
  const account = (await state.getAccount(caller)) ?? new Account()
  account.nonce += 1n
  await state.putAccount(caller, account)
}

/** Marks addresses and slots as accessed from the start, by EIP-2929, EIP-2930 and EIP-3651. */
function warmUp({ journal, common }: EVM, { from, to, accessList = [] }: CallRequest, { coinbase }: CallContext) {
  const warm = [from, to, common.isActivatedEIP(3651) ? coinbase : undefined]
  for (const address of warm) if (typeof address === 'string') journal.addAlwaysWarmAddress(bare(address))
  // The precompiles of the rules are warm, wherever overrides have moved them.
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
