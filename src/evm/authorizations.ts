/** EIP-7702: what the authorizations of a call do to the state before it runs, by geth's `applyAuthorization`. */
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
/** EIP-2: of two signatures that hold, the one with the greater `s` does not count. */
const MAX_S = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n

/** One that does not hold is passed over. Returns the gas that is given back when all is done. */
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
  // Delegating to nobody takes the delegation back.
  const code =
    address === NO_ADDRESS ? new Uint8Array() : concatBytes(DELEGATION_MARK, hexToBytes(address as `0x${string}`))
  await state.putCode(authority, code)
}

function isDelegation(code: Uint8Array): boolean {
  return code.length === 23 && DELEGATION_MARK.every((byte, i) => code[i] === byte)
}

/** Who has signed it; `null`: it is for another chain, or the signature does not hold. */
function authorityOf({ chainId, address, nonce, yParity, r, s }: CallAuthorization, chain: bigint): Address | null {
  if ((chainId !== 0n && chainId !== chain) || nonce >= MAX_NONCE || s > MAX_S) return null
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
    return null // no point of the curve is behind it
  }
}
