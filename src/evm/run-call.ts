/** Runs one call to its end on an overlay, as a transaction that is never mined. */
import { createEVM, EVMError } from '@ethereumjs/evm'
import { bytesToHex, createAddressFromString, hexToBytes } from '@ethereumjs/util'
import type { CallBlock, CallOptions, CallRequest, CallState } from '../wallet/provider/types.ts'
import { blockHashes, evmBlock, noBlockContext } from './block-context.ts'
import { CallError } from './errors.ts'
import { intrinsicGas } from './intrinsic-gas.ts'
import { OverlayState } from './overlay-state.ts'
import { pace } from './pace.ts'
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
  const evm = await createEVM({ common, stateManager: new OverlayState(state), blockchain: blockHashes(block) })
  pace(evm)
  const { from = NOBODY, to, value = 0n, data = '0x', accessList = [] } = request
  const caller = createAddressFromString(from)
  const warm = [from, ...(to === undefined ? [] : [to]), ...(block.header === null ? [] : [block.header.miner])]
  for (const address of warm) evm.journal.addAlwaysWarmAddress(bare(address))
  for (const { address, storageKeys } of accessList) {
    evm.journal.addAlwaysWarmAddress(bare(address))
    for (const key of storageKeys) evm.journal.addAlwaysWarmSlot(bare(address), bare(key))
  }
  const { execResult } = await evm.runCall({
    block: evmBlock(block, common),
    caller,
    ...(to === undefined ? {} : { to: createAddressFromString(to) }),
    value,
    data: hexToBytes(data as `0x${string}`),
    gasLimit: gas - base,
    gasPrice: gasPriceOf(request, block),
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

/** What GASPRICE says: zero, unless the call names a price. */
function gasPriceOf({ gasPrice, maxFeePerGas, maxPriorityFeePerGas = 0n }: CallRequest, { header }: CallBlock): bigint {
  if (maxFeePerGas === undefined || gasPrice !== undefined) return gasPrice ?? 0n
  if (header?.baseFeePerGas == null) throw noBlockContext('BASEFEE')
  const tipped = header.baseFeePerGas + maxPriorityFeePerGas
  return tipped < maxFeePerGas ? tipped : maxFeePerGas
}

function callReverted(data: Uint8Array): CallError {
  const reason = revertReason(data)
  const message = reason === null ? 'execution reverted' : `execution reverted: ${reason}`
  return new CallError('callReverted', message, { details: { data: bytesToHex(data) } })
}

export function callFailed(reason: string): CallError {
  return new CallError('callFailed', `the call failed: ${reason}`, { details: { reason } })
}

function bare(hex: string): string {
  return hex.slice(2).toLowerCase()
}
