/** Runs one call to its end on an overlay, as a transaction that is never mined. */
import { createEVM, type EVM, EVMError } from '@ethereumjs/evm'
import { Account, type Address, bytesToHex, createAddressFromString, hexToBytes } from '@ethereumjs/util'
import type { CallBlock, CallOptions, CallRequest, CallState } from '../wallet/provider/types.ts'
import { blockHashes, evmBlock } from './block-context.ts'
import { CallError, callFailed } from './errors.ts'
import { checkFunds, type Fees, feesOf } from './fees.ts'
import { UNKNOWN_GAS_PRICE } from './gas-price.ts'
import { intrinsicGas } from './intrinsic-gas.ts'
import { OverlayState } from './overlay-state.ts'
import { pace } from './pace.ts'
import { pointEvaluation } from './point-evaluation.ts'
import { revertReason } from './revert-reason.ts'
import { rulesOf } from './rules.ts'

const NOBODY = `0x${'0'.repeat(40)}`

export interface Ran {
  readonly output: string
  /** Of the whole transaction, refunds taken off. */
  readonly gasUsed: bigint
}

/** `gas` is the limit of the whole transaction. Rejects with `CallError`, or as the state does. */
export async function runCall(
  state: CallState,
  block: CallBlock,
  request: CallRequest,
  { gas, ...options }: CallOptions & { readonly gas: bigint },
): Promise<Ran> {
  const common = rulesOf(block, options)
  const { base, floor } = intrinsicGas(request, common)
  if (gas < base || gas < floor) throw callFailed('intrinsic gas too low')
  const fees = feesOf(request, block)
  const overlay = new OverlayState(state)
  const evm = await createEVM({
    common,
    stateManager: overlay,
    blockchain: blockHashes(block),
    customOpcodes: fees.price === null ? [UNKNOWN_GAS_PRICE] : [],
    customPrecompiles: pointEvaluation(common),
  })
  pace(evm)
  const { from = NOBODY, to, value = 0n, data = '0x' } = request
  const caller = createAddressFromString(from)
  await takeFees(overlay, caller, request, gas, fees)
  warmUp(evm, { ...request, from }, block)
  const { execResult } = await evm.runCall({
    block: evmBlock(block, common),
    caller,
    ...(to === undefined ? {} : { to: createAddressFromString(to) }),
    value,
    data: hexToBytes(data as `0x${string}`),
    gasLimit: gas - base,
    gasPrice: fees.price ?? 0n,
  })
  const { exceptionError, returnValue, executionGasUsed, gasRefund = 0n } = execResult
  if (exceptionError !== undefined) {
    if (exceptionError.error === EVMError.errorMessages.REVERT) throw callReverted(returnValue)
    throw callFailed(exceptionError.error)
  }
  const used = base + executionGasUsed
  const most = common.isActivatedEIP(3529) ? used / 5n : used / 2n
  const charged = used - (gasRefund < most ? gasRefund : most)
  return { output: bytesToHex(returnValue), gasUsed: charged < floor ? floor : charged }
}

/** The sender pays for all the gas before the call runs. At a price that is not known, it is left what it has. */
async function takeFees(overlay: OverlayState, caller: Address, request: CallRequest, gas: bigint, fees: Fees) {
  if ((request.value ?? 0n) === 0n && fees.cap === 0n) return
  const account = (await overlay.getAccount(caller)) ?? new Account()
  checkFunds(account.balance, request, gas, fees)
  account.balance -= gas * (fees.price ?? 0n)
  await overlay.putAccount(caller, account)
}

/** What a transaction finds accessed when it begins, by EIP-2929, EIP-2930 and EIP-3651. */
function warmUp(
  { journal, precompiles, common }: EVM,
  { from, to, accessList = [] }: CallRequest,
  { header }: CallBlock,
) {
  const warm = [from, to, common.isActivatedEIP(3651) ? header?.miner : undefined]
  for (const address of warm) if (address !== undefined) journal.addAlwaysWarmAddress(bare(address))
  for (const address of precompiles.keys()) journal.addAlwaysWarmAddress(address)
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

function bare(hex: string): string {
  return hex.slice(2).toLowerCase()
}
