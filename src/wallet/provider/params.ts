/** Reads the params of JSON-RPC requests, as strictly as geth. All functions throw error -32602. */
import { invalidParams } from './rpc-error.ts'

const ADDRESS = /^0x[0-9a-fA-F]{40}$/
const HASH = /^0x[0-9a-fA-F]{64}$/
const DATA = /^0x(?:[0-9a-fA-F]{2})*$/
/** A quantity of EIP-1474, without leading zeros. */
const QUANTITY = /^0x(?:0|[1-9a-fA-F][0-9a-fA-F]{0,63})$/
/** A slot; geth allows leading zeros here. */
const SLOT = /^0x[0-9a-fA-F]{1,64}$/

/** A bound on nesting. The deepest valid params are those of calls, with access lists and overrides. */
const MAX_DEPTH = 8

/** Returns a plain copy of the application's params, each field read once, as if the params had crossed a wire. */
export function plainOf(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value
  try {
    if (depth < MAX_DEPTH && Array.isArray(value)) return value.map((item) => plainOf(item, depth + 1))
    // A map or a set has no fields, and would pass for an empty object.
    if (depth < MAX_DEPTH && !(Symbol.iterator in value)) {
      return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plainOf(field, depth + 1)]))
    }
  } catch {
    // Getters and the traps of proxies may throw.
  }
  throw invalidParams('they are lists and objects as JSON has them')
}

/** Returns the positional params of a method with at most `most` of them. A missing param is `undefined`. */
export function listOf(params: unknown, most: number): readonly unknown[] {
  if (params === undefined || params === null) return []
  if (!Array.isArray(params)) throw invalidParams('they are a list')
  const last = params.findLastIndex((param) => param !== undefined && param !== null)
  if (last >= most) throw invalidParams(`there are ${most} at most, got ${last + 1}`)
  return params
}

export function addressOf(value: unknown): string {
  return textOf(value, ADDRESS, 'an address is 0x and 40 hex digits')
}

export function hashOf(value: unknown): string {
  return textOf(value, HASH, 'a hash is 0x and 64 hex digits').toLowerCase()
}

export function slotOf(value: unknown): string {
  return textOf(value, SLOT, 'a slot is 0x and up to 64 hex digits')
}

export function slotsOf(value: unknown): readonly string[] {
  if (!Array.isArray(value)) throw invalidParams('slots are a list')
  return value.map(slotOf)
}

/** Returns bytes as text: code, or the data of a call. */
export function dataOf(value: unknown): string {
  return textOf(value, DATA, 'data is 0x and hex digits')
}

export function quantityOf(value: unknown): bigint {
  return BigInt(textOf(value, QUANTITY, 'a quantity is 0x and hex digits without leading zeros'))
}

export function booleanOf(value: unknown): boolean {
  if (typeof value !== 'boolean') throw invalidParams('a flag is true or false')
  return value
}

export function recordOf(value: unknown, rule: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalidParams(rule)
  return value as Readonly<Record<string, unknown>>
}

function textOf(value: unknown, form: RegExp, rule: string): string {
  if (typeof value === 'string' && form.test(value)) return value
  throw invalidParams(`${rule}, got ${typeof value === 'string' ? `"${value}"` : typeof value}`)
}
