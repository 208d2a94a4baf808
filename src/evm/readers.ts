/**
 * Readers of the arguments of a call. A reader checks one value at any depth, reads each of its fields once, and
 * returns plain data.
 */
import { badArgument, describe, fieldsOf, listOf, reading } from '../wallet/plain.ts'

/** Returns `value` as plain data. `name` is the application's name of the value. Throws `badArgument` or `badNumber`. */
export type Reader<T> = (name: string, value: unknown) => T

/** A reader for each field of an object. The compiler reports a missing one. */
type Readers<T> = { readonly [name in keyof T]-?: Reader<T[name]> }

/** Reads an address. Returns lower case, because overrides and reads are kept by address. */
export const address: Reader<string> = (name, value) => hex(/^0x[0-9a-f]{40}$/i, 'an address')(name, value)

export const hash: Reader<string> = (name, value) => hex(/^0x[0-9a-f]{64}$/i, 'a hash')(name, value)

export const bytes: Reader<string> = (name, value) => hex(/^0x(?:[0-9a-f]{2})*$/i, '0x and hex digits')(name, value)

/** Reads a number of the EVM's word: 256 bits. */
export const uint256: Reader<bigint> = (name, value) => bigint(256n, name, value)

export const uint64: Reader<bigint> = (name, value) => bigint(64n, name, value)

export function nullable<T>(reader: Reader<T>): Reader<T | null> {
  return (name, value) => (value === null ? null : reader(name, value))
}

export function list<T>(item: Reader<T>): Reader<readonly T[]> {
  return (name, value) => listOf(name, value).map((each, i) => item(`${name}[${i}]`, each))
}

/** Reads a map. Refuses two keys that are read as the same one. */
export function map<K, V>(key: Reader<K>, item: Reader<V>, expected: string): Reader<ReadonlyMap<K, V>> {
  return (name, value) => {
    const entries = reading(name, expected, value, () => (value instanceof Map ? [...value] : null))
    if (entries === null) throw badArgument(name, expected, value)
    const read = new Map<K, V>()
    for (const [rawKey, rawItem] of entries) {
      const keyRead = key(`a key of ${name}`, rawKey)
      if (read.has(keyRead)) throw badArgument(`a key of ${name}`, 'there once', rawKey)
      read.set(keyRead, item(`${name}[${describe(rawKey)}]`, rawItem))
    }
    return read
  }
}

/** Reads an object with all of the fields. Further fields are ignored. */
export function whole<T extends object>(readers: Readers<T>, expected?: string): Reader<T> {
  return (name, value) => {
    const fields = fieldsOf(name, value, namesOf(readers), expected)
    return readFields(name, fields, readers)
  }
}

/** Reads an object with some of the fields, or none. Further fields are ignored. */
export function partial<T extends object>(readers: Readers<T>): Reader<T> {
  return (name, value) => {
    const fields = fieldsOf(name, value, namesOf(readers))
    return readFields(name, withoutMissing(fields), readers)
  }
}

/** Reads an object with some of the fields. Refuses further fields, because ignoring one would change the outcome. */
export function closed<T extends object>(readers: Readers<T>): Reader<T> {
  const expected = `an object with ${namesOf(readers).join(', ')}`
  return (name, value) => {
    fieldsOf(name, value, [], expected)
    const own = reading(name, expected, value, () => Object.keys(value as object))
    const fields = withoutMissing(fieldsOf(name, value, [...new Set([...own, ...namesOf(readers)])], expected))
    const other = Object.keys(fields).find((field) => !Object.hasOwn(readers, field))
    if (other !== undefined) throw badArgument(name, expected, `an object with ${other}`)
    return readFields(name, fields, readers)
  }
}

type Fields = Readonly<Record<string, unknown>>

function readFields<T extends object>(name: string, fields: Fields, readers: Readers<T>): T {
  const read = Object.entries(fields).map(([field, value]) => {
    return [field, readers[field as keyof T](`${name}.${field}`, value)] as const
  })
  return Object.fromEntries(read) as T
}

function namesOf<T>(readers: Readers<T>): (keyof T & string)[] {
  return Object.keys(readers) as (keyof T & string)[]
}

function withoutMissing(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

function hex(form: RegExp, expected: string): Reader<string> {
  return (name, value) => {
    if (typeof value !== 'string' || !form.test(value)) throw badArgument(name, expected, value)
    return value.toLowerCase()
  }
}

function bigint(bits: bigint, name: string, value: unknown): bigint {
  if (typeof value === 'bigint' && value >= 0n && value >> bits === 0n) return value
  throw badArgument(name, `a bigint of at most ${bits} bits`, value)
}
