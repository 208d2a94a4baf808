/**
 * The state of one running call: verified reads, and above them the writes of the call with its checkpoints. Nothing
 * outlives the call. Time and memory grow with the accounts and slots touched, and are not multiplied by the number of
 * inner calls. The methods about state roots throw: no call needs a root.
 */
import type { AccountFields, StateManagerInterface } from '@ethereumjs/common'
import {
  Account,
  type Address,
  bigIntToBytes,
  bytesToBigInt,
  bytesToHex,
  hexToBytes,
  setLengthLeft,
} from '@ethereumjs/util'
import { keccak256 } from '../trie/keccak.ts'
import type { CallAccount, CallState } from '../wallet/provider/types.ts'
import { Journal } from './journal.ts'

/** The read and written slots of an account. */
interface Slots {
  /** True if the account was created anew: slots outside {@link values} are zero. */
  readonly isCleared: boolean
  /** The values by slot key, in hex digits. */
  readonly values: Map<string, Uint8Array>
}

const NO_BYTES = new Uint8Array()
/** The length of the code of a delegating account, by EIP-7702: a mark of 3 bytes, and an address. */
const DELEGATION_BYTES = 23

export class JournaledState implements StateManagerInterface {
  readonly #state: CallState
  readonly #journal = new Journal()
  // By address. Read and written values share a map: a revert undoes only the writes.
  readonly #accounts = new Map<string, Account | undefined>()
  readonly #codes = new Map<string, Uint8Array>()
  readonly #slots = new Map<string, Slots>()

  constructor(state: CallState) {
    this.#state = state
  }

  /** The values before the call, for the gas price of a write. */
  readonly originalStorageCache = {
    get: (address: Address, key: Uint8Array) => this.#readSlot(address.toString(), key),
    clear: () => {},
  }

  async getAccount(address: Address): Promise<Account | undefined> {
    const name = address.toString()
    if (!this.#accounts.has(name)) this.#accounts.set(name, accountOf(await this.#state.account(name)))
    const account = this.#accounts.get(name)
    // The EVM modifies the returned account, and does not always store the modification.
    return account && copyOf(account)
  }

  async putAccount(address: Address, account?: Account): Promise<void> {
    this.#journal.set(this.#accounts, address.toString(), account && copyOf(account))
  }

  async deleteAccount(address: Address): Promise<void> {
    this.#journal.set(this.#accounts, address.toString(), undefined)
    this.#journal.set(this.#codes, address.toString(), NO_BYTES)
    await this.clearStorage(address)
  }

  async modifyAccountFields(address: Address, fields: AccountFields): Promise<void> {
    const account = (await this.getAccount(address)) ?? new Account()
    await this.putAccount(address, Object.assign(account, fields))
  }

  async getCode(address: Address): Promise<Uint8Array> {
    const name = address.toString()
    const known = this.#codes.get(name)
    if (known !== undefined) return known
    const code = hexToBytes((await this.#state.code(name)) as `0x${string}`)
    this.#codes.set(name, code)
    return code
  }

  /** Returns the length in bytes of the code running at `address`, if the code was read before; else 0. */
  codeLength(address: Address): number {
    const code = this.#codes.get(address.toString())
    if (code?.length !== DELEGATION_BYTES) return code?.length ?? 0
    return this.#codes.get(bytesToHex(code.subarray(-20)))?.length ?? 0
  }

  async getCodeSize(address: Address): Promise<number> {
    return (await this.getCode(address)).length
  }

  async putCode(address: Address, code: Uint8Array): Promise<void> {
    this.#journal.set(this.#codes, address.toString(), code)
    await this.modifyAccountFields(address, { codeHash: keccak256(code) })
  }

  async getStorage(address: Address, key: Uint8Array): Promise<Uint8Array> {
    const name = address.toString()
    const slots = this.#slots.get(name)
    const known = slots?.values.get(bytesToHex(key))
    if (known !== undefined) return known
    return slots?.isCleared === true ? NO_BYTES : this.#readSlot(name, key)
  }

  async putStorage(address: Address, key: Uint8Array, value: Uint8Array): Promise<void> {
    const name = address.toString()
    const slots = this.#slots.get(name) ?? { isCleared: false, values: new Map() }
    this.#slots.set(name, slots)
    this.#journal.set(slots.values, bytesToHex(key), value)
  }

  async clearStorage(address: Address): Promise<void> {
    this.#journal.set(this.#slots, address.toString(), { isCleared: true, values: new Map() })
  }

  async checkpoint(): Promise<void> {
    this.#journal.checkpoint()
  }

  async commit(): Promise<void> {
    this.#journal.commit()
  }

  async revert(): Promise<void> {
    this.#journal.revert()
  }

  clearCaches(): void {}

  shallowCopy(): StateManagerInterface {
    return new JournaledState(this.#state)
  }

  getStateRoot(): Promise<Uint8Array> {
    throw noRoot()
  }

  setStateRoot(): Promise<void> {
    throw noRoot()
  }

  hasStateRoot(): Promise<boolean> {
    throw noRoot()
  }

  async #readSlot(address: string, key: Uint8Array): Promise<Uint8Array> {
    const value = await this.#state.storage(address, bytesToBigInt(key))
    return value === 0n ? NO_BYTES : setLengthLeft(bigIntToBytes(value), 32)
  }
}

function accountOf(account: CallAccount | null): Account | undefined {
  if (account === null) return undefined
  const { nonce, balance, storageRoot, codeHash } = account
  return new Account(nonce, balance, hexToBytes(storageRoot as `0x${string}`), hexToBytes(codeHash as `0x${string}`))
}

function copyOf({ nonce, balance, storageRoot, codeHash }: Account): Account {
  return new Account(nonce, balance, storageRoot, codeHash)
}

function noRoot(): Error {
  return new Error('the state of a call has no root')
}
