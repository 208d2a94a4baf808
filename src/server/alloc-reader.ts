/**
 * Reads the `alloc` of a geth-style genesis: `{ address: { balance, nonce?, code?, storage? } }`. The rules of values are
 * geth's: balances and nonces are decimal, or hex with 0x; codes and storage are hex, with or without 0x. Fields that it
 * does not know are passed over, as geth does.
 */
import { bytesOfHex, integerOf, nameOf } from './genesis-values.ts'
import type { JsonVisitor, Scalar } from './json-walker.ts'
import type { StateRecord } from './state-record.ts'

interface OpenAccount {
  readonly address: Uint8Array
  nonce: bigint
  balance: bigint | undefined
  code: Uint8Array | undefined
}

/** Collects records until they are taken. Its callbacks throw `SyntaxError` for what a genesis cannot say. */
export class AllocReader implements JsonVisitor {
  #records: StateRecord[] = []
  #account: OpenAccount | undefined
  #hasAlloc = false

  /** The records since the last call. */
  take(): StateRecord[] {
    const records = this.#records
    this.#records = []
    return records
  }

  /** Throws if the text had no `alloc`. */
  end(): void {
    if (!this.#hasAlloc) throw new SyntaxError('it has no alloc')
  }

  onOpen(keys: readonly string[], kind: 'object' | 'array'): void {
    if (!isContainer(keys)) refuseContainer(keys)
    else if (kind !== 'object') throw new SyntaxError(`${nameOf(keys)} is an object`)
    else if (keys.length === 1) this.#hasAlloc = true
    else if (keys.length === 2) this.#openAccount(keys)
  }

  onClose(keys: readonly string[]): void {
    if (keys.length !== 2 || keys[0] !== 'alloc' || this.#account === undefined) return
    const { balance, code, ...account } = this.#account
    if (balance === undefined) throw new SyntaxError(`${nameOf(keys)} has no balance`)
    this.#records.push({ kind: 'account', ...account, balance, ...(code === undefined ? {} : { code }) })
    this.#account = undefined
  }

  onScalar(keys: readonly string[], value: Scalar): void {
    if (isContainer(keys)) throw new SyntaxError(`${nameOf(keys)} is an object`)
    const account = this.#account
    if (account === undefined) return
    if (keys.length === 4 && keys[2] === 'storage') this.#addSlot(account, keys, value)
    if (keys.length !== 3) return
    if (keys[2] === 'balance') account.balance = integerOf(keys, value, 32)
    else if (keys[2] === 'nonce') account.nonce = integerOf(keys, value, 8)
    else if (keys[2] === 'code') account.code = bytesOfHex(nameOf(keys), value)
  }

  #openAccount(keys: readonly string[]): void {
    const address = bytesOfHex(nameOf(keys), keys[1]!)
    if (address.length !== 20) throw new SyntaxError(`${nameOf(keys)} is not an address`)
    this.#account = { address, nonce: 0n, balance: undefined, code: undefined }
  }

  #addSlot({ address }: OpenAccount, keys: readonly string[], value: Scalar): void {
    this.#records.push({ kind: 'slot', address, slot: wordOf(keys, keys[3]!), value: wordOf(keys, value) })
  }
}

/** True for the genesis, its alloc, an account, and an account's storage: what must be an object. */
function isContainer(keys: readonly string[]): boolean {
  if (keys.length === 0) return true
  return keys[0] === 'alloc' && (keys.length < 3 || (keys.length === 3 && keys[2] === 'storage'))
}

function refuseContainer(keys: readonly string[]): void {
  if (keys[0] !== 'alloc') return
  const isField = keys.length === 3 && ['balance', 'nonce', 'code'].includes(keys[2]!)
  if (isField || (keys.length === 4 && keys[2] === 'storage')) throw new SyntaxError(`${nameOf(keys)} is a string`)
}

/** A slot or its value: up to 64 hex digits, padded on the left. */
function wordOf(keys: readonly string[], value: Scalar): bigint {
  const digits = typeof value === 'string' ? /^(?:0x)?([0-9a-f]{0,64})$/i.exec(value)?.[1] : undefined
  if (digits === undefined)
    throw new SyntaxError(`${nameOf(keys)} is not up to 32 bytes of hex: ${JSON.stringify(value)}`)
  return digits === '' ? 0n : BigInt(`0x${digits}`)
}
