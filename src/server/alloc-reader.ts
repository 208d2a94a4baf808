/**
 * Reads the `alloc` of a geth-style genesis: `{ address: { balance, nonce?, code?, storage? } }`. The rules are geth's.
 * Field names match in any case, and null counts as absent. Balances and nonces are decimal, or hex with 0x; codes and
 * storage are hex, with or without 0x. Other fields are ignored.
 *
 * DIFF FROM GETH: geth takes the last of two fields with the same name in any case, and ignores a misspelt field. Both
 * would give an unintended state, so both are refused here.
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

/** Collects the records of an `alloc` until {@link take}. The callbacks throw `SyntaxError` for an invalid genesis. */
export class AllocReader implements JsonVisitor {
  #records: StateRecord[] = []
  /** The open levels: `alloc`, an account inside, and the account's storage. */
  #account: OpenAccount | undefined
  #inAlloc = false
  #inStorage = false
  #hasAlloc = false

  /** Returns the records since the last call. */
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

  /** Returns the field's name, or undefined for a field to ignore. Throws for a misspelt or repeated one. */
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

/** Parses a slot or its value: up to 64 hex digits, padded on the left. */
function wordOf(keys: readonly string[], value: Scalar): bigint {
  const digits = typeof value === 'string' ? /^(?:0x)?([0-9a-f]{0,64})$/i.exec(value)?.[1] : undefined
  if (digits === undefined) throw new SyntaxError(`${nameOf(keys)} is not up to 32 bytes of hex: ${textOf(value)}`)
  return digits === '' ? 0n : BigInt(`0x${digits}`)
}
