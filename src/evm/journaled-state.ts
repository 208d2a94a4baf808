/**
 * The state that a call runs on: verified reads, and above them what the call writes, with its checkpoints. Nothing of it
 * outlives the call. Its time and memory grow with the accounts and slots that the call touches, and not with their product
 * with its inner calls. What the EVM's interface asks of a state with a root is not there: no call needs it.
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

/** The slots of an account, as far as they were read or written. */
interface Slots {
  /** True if the account was made anew: it has no slot but those in {@link values}. */
  readonly isCleared: boolean
  /** By key, as hex digits. */
  readonly values: Map<string, Uint8Array>
}

const NO_BYTES = new Uint8Array()
/** Of an account that delegates its code, by EIP-7702: a mark, and the address. */
const DELEGATION_BYTES = 23

export class JournaledState implements StateManagerInterface {
  readonly #state: CallState
  readonly #journal = new Journal()
  // By address. What is read is kept beside what is written: a revert takes back the latter alone.
  readonly #accounts = new Map<string, Account | undefined>()
  readonly #codes = new Map<string, Uint8Array>()
  readonly #slots = new Map<string, Slots>()

  constructor(state: CallState) {
    this.#state = state
  }

  /** The values from before the call, for the price of a write. */
  readonly originalStorageCache = {
    get: (address: Address, key: Uint8Array) => this.#readSlot(address.toString(), key),
    clear: () => {},
  }

  async getAccount(address: Address): Promise<Account | undefined> {
    const name = address.toString()
    if (!this.#accounts.has(name)) this.#accounts.set(name, accountOf(await this.#state.account(name)))
    const account = this.#accounts.get(name)
    // The EVM changes what it is given, and then may not put it.
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

  /** Bytes of the code that runs at `address`, where it was read before; else 0. */
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
