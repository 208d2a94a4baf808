/**
 * EIP-7702: applies the authorizations of a call to the state before the call runs, by the rules of geth's
 * `applyAuthorization`.
 */
import type { EVM } from '@ethereumjs/evm'
import {
  Account,
  type Address,
  bigIntToUnpaddedBytes,
  concatBytes,
  createAddressFromString,
  eoaCode7702RecoverAuthority,
  hexToBytes,
} from '@ethereumjs/util'
import type { CallAuthorization } from '../wallet/provider/types.ts'
import { AUTHORIZATION_REFUND, MAX_NONCE } from './constants.ts'
import type { JournaledState } from './journaled-state.ts'

const DELEGATION_MARK = hexToBytes('0xef0100')
const NO_ADDRESS = `0x${'0'.repeat(40)}`
/** The largest valid `s` of a signature. EIP-2 makes the greater of the two possible values invalid. */
const MAX_S = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n

/**
 * Applies the valid authorizations and skips invalid ones. The sender's nonce must be incremented already. Returns the
 * gas to refund at the end of the call.
 */
export async function applyAuthorizations(
  evm: EVM,
  state: JournaledState,
  authorizations: readonly CallAuthorization[],
): Promise<bigint> {
  let refund = 0n
  for (const authorization of authorizations) {
    const authority = authorityOf(authorization, evm.common.chainId())
    if (authority === null) continue
    evm.journal.addAlwaysWarmAddress(authority.toString())
    const account = await state.getAccount(authority)
    const code = await state.getCode(authority)
    if (code.length > 0 && !isDelegation(code)) continue
    if ((account?.nonce ?? 0n) !== authorization.nonce) continue
    if (account !== undefined) refund += AUTHORIZATION_REFUND
    await delegate(state, authority, account ?? new Account(), authorization)
  }
  return refund
}

async function delegate(
  state: JournaledState,
  authority: Address,
  account: Account,
  { address, nonce }: CallAuthorization,
): Promise<void> {
  account.nonce = nonce + 1n
  await state.putAccount(authority, account)
  // Delegating to the zero address removes the delegation.
  const code =
    address === NO_ADDRESS ? new Uint8Array() : concatBytes(DELEGATION_MARK, hexToBytes(address as `0x${string}`))
  await state.putCode(authority, code)
}

function isDelegation(code: Uint8Array): boolean {
  return code.length === 23 && DELEGATION_MARK.every((byte, i) => code[i] === byte)
}

/** Returns the signer; `null` if the authorization is for another chain or its signature is invalid. */
function authorityOf({ chainId, address, nonce, yParity, r, s }: CallAuthorization, chain: bigint): Address | null {
  if ((chainId !== 0n && chainId !== chain) || nonce >= MAX_NONCE || s > MAX_S) return null
  // The library would also take the older 27 and 28.
  if (yParity > 1n) return null
  try {
    return eoaCode7702RecoverAuthority([
      bigIntToUnpaddedBytes(chainId),
      createAddressFromString(address).bytes,
      bigIntToUnpaddedBytes(nonce),
      bigIntToUnpaddedBytes(yParity),
      bigIntToUnpaddedBytes(r),
      bigIntToUnpaddedBytes(s),
    ])
  } catch {
    return null // the signature belongs to no point of the curve
  }
}
