/**
 * Reads the `alloc` of a geth-style genesis: `{ address: { balance, nonce?, code?, storage? } }`. The rules are geth's: the
 * case of a field's name does not matter, null says nothing, balances and nonces are decimal, or hex with 0x; codes and
 * storage are hex, with or without 0x. Other fields are passed over, as geth does.
 *
 * DIFF FROM GETH: of a field that is there twice, whatever the case of its name, geth takes the last one, and it passes over
 * one that is misspelt. Both would give a state that nobody meant, so both are refused.
 */
import { foldKey, isMisspelt } from './genesis-keys.ts'
import { bytesOfHex, integerOf, nameOf, textOf } from './genesis-values.ts'
import type { JsonVisitor, Scalar } from './json-walker.ts'
import type { StateRecord } from './state-record.ts'

type Field = 'balance' | 'nonce' | 'code' | 'storage'
const FIELDS: readonly Field[] = ['balance', 'nonce', 'code', 'storage']

interface OpenAccount {
  readonly address: Uint8Array
  readonly seen: Set<Field>
  nonce: bigint
  balance: bigint | undefined
  code: Uint8Array | undefined
}

/** Collects records until they are taken. Its callbacks throw `SyntaxError` for what a genesis cannot say. */
export class AllocReader implements JsonVisitor {
  #records: StateRecord[] = []
  /** What is open; the levels below are `alloc`, an account in it, a field of that. */
  #account: OpenAccount | undefined
  #inAlloc = false
  #inStorage = false
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
    const depth = keys.length
    if (depth === 1 && this.#isAlloc(keys)) this.#inAlloc = true
    const isOurs = depth === 0 || (this.#inAlloc && depth < 3)
    if (isOurs && kind !== 'object') throw new SyntaxError(`${nameOf(keys)} is an object`)
    if (!this.#inAlloc) return
    if (depth === 2) this.#openAccount(keys)
    else if (depth === 3) this.#openField(keys, kind)
    else if (depth === 4 && this.#inStorage) throw new SyntaxError(`${nameOf(keys)} is a string`)
  }

  onClose(keys: readonly string[]): void {
    if (!this.#inAlloc) return
    if (keys.length === 1) this.#inAlloc = false
    else if (keys.length === 2) this.#closeAccount(keys)
    else if (keys.length === 3) this.#inStorage = false
  }

  onScalar(keys: readonly string[], value: Scalar): void {
    const depth = keys.length
    if (depth === 0 || (depth === 1 && this.#isAlloc(keys))) throw new SyntaxError(`${nameOf(keys)} is an object`)
    if (!this.#inAlloc) return
    if (depth === 2) throw new SyntaxError(`${nameOf(keys)} is an object`)
    if (depth === 3) this.#setField(keys, value)
    else if (depth === 4 && this.#inStorage) this.#addSlot(keys, value)
  }

  #isAlloc(keys: readonly string[]): boolean {
    if (foldKey(keys[0]!) !== 'alloc') return false
    if (this.#hasAlloc) throw new SyntaxError(`${nameOf(keys)} is there twice`)
    this.#hasAlloc = true
    return true
  }

  #openAccount(keys: readonly string[]): void {
    const address = bytesOfHex(nameOf(keys), keys[1]!)
    if (address.length !== 20) throw new SyntaxError(`${nameOf(keys)} is not an address`)
    this.#account = { address, seen: new Set(), nonce: 0n, balance: undefined, code: undefined }
  }

  #closeAccount(keys: readonly string[]): void {
    const { address, nonce, balance, code } = this.#account!
    if (balance === undefined) throw new SyntaxError(`${nameOf(keys)} has no balance`)
    this.#records.push({ kind: 'account', address, nonce, balance, ...(code === undefined ? {} : { code }) })
    this.#account = undefined
  }

  #openField(keys: readonly string[], kind: 'object' | 'array'): void {
    const field = this.#fieldOf(keys)
    if (field === undefined) return
    if (field !== 'storage') throw new SyntaxError(`${nameOf(keys)} is a string`)
    if (kind !== 'object') throw new SyntaxError(`${nameOf(keys)} is an object`)
    this.#inStorage = true
  }

  #setField(keys: readonly string[], value: Scalar): void {
    const account = this.#account!
    const field = this.#fieldOf(keys)
    if (field === undefined || value === null) return
    if (field === 'storage') throw new SyntaxError(`${nameOf(keys)} is an object`)
    if (field === 'balance') account.balance = integerOf(keys, value, 32)
    else if (field === 'nonce') account.nonce = integerOf(keys, value, 8)
    else account.code = bytesOfHex(nameOf(keys), value)
  }

  /** Undefined: none that is read here. */
  #fieldOf(keys: readonly string[]): Field | undefined {
    const name = foldKey(keys[2]!)
    const field = FIELDS.find((known) => known === name)
    if (field === undefined) {
      const meant = FIELDS.find((known) => isMisspelt(name, known))
      if (meant !== undefined) throw new SyntaxError(`${nameOf(keys)} is not known: did you mean ${meant}?`)
      return undefined
    }
    const { seen } = this.#account!
    if (seen.has(field)) throw new SyntaxError(`${nameOf(keys)} is there twice`)
    seen.add(field)
    return field
  }

  #addSlot(keys: readonly string[], value: Scalar): void {
    const slot = wordOf(keys, keys[3]!)
    this.#records.push({ kind: 'slot', address: this.#account!.address, slot, value: wordOf(keys, value ?? '') })
  }
}

/** A slot or its value: up to 64 hex digits, padded on the left. */
function wordOf(keys: readonly string[], value: Scalar): bigint {
  const digits = typeof value === 'string' ? /^(?:0x)?([0-9a-f]{0,64})$/i.exec(value)?.[1] : undefined
  if (digits === undefined) throw new SyntaxError(`${nameOf(keys)} is not up to 32 bytes of hex: ${textOf(value)}`)
  return digits === '' ? 0n : BigInt(`0x${digits}`)
}
