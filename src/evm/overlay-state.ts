/**
 * The state that a call runs on: verified reads, and above them whatever the call writes, with its checkpoints. Nothing of it
 * outlives the call.
 */
import { SimpleStateManager } from '@ethereumjs/statemanager'
import {
  Account,
  type Address,
  bigIntToBytes,
  bytesToBigInt,
  bytesToHex,
  hexToBytes,
  setLengthLeft,
} from '@ethereumjs/util'
import type { CallAccount, CallState } from '../wallet/provider/types.ts'

export class OverlayState extends SimpleStateManager {
  readonly #state: CallState

  constructor(state: CallState) {
    super()
    this.#state = state
  }

  override async getAccount(address: Address): Promise<Account | undefined> {
    const name = address.toString()
    const top = this.topAccountStack()
    // A copy at each checkpoint: the EVM changes what it is given.
    if (!top.has(name)) top.set(name, accountOf(await this.#state.account(name)))
    return top.get(name)
  }

  override async getCode(address: Address): Promise<Uint8Array> {
    const name = address.toString()
    const top = this.topCodeStack()
    if (!top.has(name)) top.set(name, hexToBytes((await this.#state.code(name)) as `0x${string}`))
    return top.get(name)!
  }

  override async getStorage(address: Address, key: Uint8Array): Promise<Uint8Array> {
    const name = `${address.toString()}_${bytesToHex(key)}`
    const top = this.topStorageStack()
    const written = top.get(name)
    if (written !== undefined) return written
    if (top.has(clearedName(address))) return new Uint8Array()
    const value = await this.#state.storage(address.toString(), bytesToBigInt(key))
    return value === 0n ? new Uint8Array() : setLengthLeft(bigIntToBytes(value), 32)
  }

  override async clearStorage(address: Address): Promise<void> {
    await super.clearStorage(address)
    this.topStorageStack().set(clearedName(address), new Uint8Array())
  }
}

/** Marks an account whose slots below the overlay are gone. No name of a slot ends like this. */
function clearedName(address: Address): string {
  return `${address.toString()}_cleared`
}

function accountOf(account: CallAccount | null): Account | undefined {
  if (account === null) return undefined
  const { nonce, balance, storageRoot, codeHash } = account
  return new Account(nonce, balance, hexToBytes(storageRoot as `0x${string}`), hexToBytes(codeHash as `0x${string}`))
}
