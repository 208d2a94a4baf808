/** Checks the arguments of `call` and `estimateGas` before a call runs or crosses to a worker. */
import { parseCount } from '../wallet/number.ts'
import { badArgument, checkSignal, checkType, fieldsOf, listOf, reading } from '../wallet/plain.ts'
import type { CallBlock, CallOptions, CallRequest } from '../wallet/provider/types.ts'

const ADDRESS = /^0x[0-9a-fA-F]{40}$/
const BYTES = /^0x(?:[0-9a-fA-F]{2})*$/
const HASH = /^0x[0-9a-fA-F]{64}$/

/** A bound on nesting, above the deepest valid arguments: the slot overrides of an account within the options. */
const MAX_DEPTH = 8

const OPTIONS = ['chainId', 'hardfork', 'overrides', 'blockOverrides', 'signal'] as const
const QUANTITIES = ['gas', 'gasPrice', 'maxFeePerGas', 'maxPriorityFeePerGas', 'value', 'maxFeePerBlobGas'] as const
const LISTS = ['accessList', 'blobVersionedHashes', 'authorizationList'] as const

/**
 * The arguments of a call as plain data, without the state. The signal stands apart, because a signal cannot be copied.
 */
export interface CheckedCall {
  readonly block: CallBlock
  readonly request: CallRequest
  readonly options: Omit<CallOptions, 'signal'>
  readonly signal: AbortSignal | undefined
}

/** Returns copies of the arguments as plain data. Throws `badArgument` or `badNumber`. */
export function checkArguments(state: unknown, given: Record<'block' | 'request' | 'options', unknown>): CheckedCall {
  const reads = ['account', 'storage', 'code'] as const
  for (const [name, read] of Object.entries(fieldsOf('state', state, reads)))
    checkType(`state.${name}`, 'function', read)
  const { number, header } = fieldsOf('block', given.block, ['number', 'header'])
  if (number !== null) parseCount('block.number', number)
  if (header !== null) checkText('block.header.hash', fieldsOf('block.header', header, ['hash']).hash, HASH, 'a hash')
  checkRequestFields(given.request)
  const { signal, ...options } = fieldsOf('options', given.options, OPTIONS)
  parseCount('options.chainId', options.chainId)
  if (options.hardfork !== undefined) checkType('options.hardfork', 'string', options.hardfork)
  if (options.overrides !== undefined) checkMap('options.overrides', 'a map of overrides by address', options.overrides)
  if (options.blockOverrides !== undefined) fieldsOf('options.blockOverrides', options.blockOverrides, ['number'])
  return {
    block: copyOf('block', { number, header }) as CallBlock,
    request: copyOf('request', given.request) as CallRequest,
    options: copyOf('options', options) as Omit<CallOptions, 'signal'>,
    signal: checkSignal('options.signal', signal),
  }
}

/** Returns a plain copy, able to cross to a worker even if `value` contains a framework's proxies. */
function copyOf(name: string, value: unknown): unknown {
  const expected = 'plain data'
  const copy = (value: unknown, depth: number): unknown => {
    if (typeof value === 'function' || typeof value === 'symbol') throw badArgument(name, expected, value)
    if (typeof value !== 'object' || value === null) return value
    if (depth > MAX_DEPTH) throw badArgument(name, expected, value)
    if (Array.isArray(value)) return value.map((item) => copy(item, depth + 1))
    const entries = value instanceof Map ? [...value] : Object.entries(value)
    const copied = entries.map(([key, item]) => [key, copy(item, depth + 1)] as const)
    return value instanceof Map ? new Map(copied) : Object.fromEntries(copied.filter(([, item]) => item !== undefined))
  }
  return reading(name, expected, value, () => copy(value, 0))
}

function checkMap(name: string, expected: string, value: unknown): void {
  if (!reading(name, expected, value, () => value instanceof Map)) throw badArgument(name, expected, value)
}

function checkRequestFields(request: unknown): void {
  const fields = fieldsOf('request', request, ['from', 'to', 'data', ...QUANTITIES, ...LISTS])
  for (const name of ['from', 'to'] as const) {
    if (fields[name] !== undefined) checkText(`request.${name}`, fields[name], ADDRESS, 'an address')
  }
  if (fields.data !== undefined) checkText('request.data', fields.data, BYTES, '0x and hex digits')
  for (const name of QUANTITIES) {
    const value = fields[name]
    if (value === undefined || (typeof value === 'bigint' && value >= 0n)) continue
    throw badArgument(`request.${name}`, 'a bigint from 0', value)
  }
  for (const name of LISTS) if (fields[name] !== undefined) listOf(`request.${name}`, fields[name])
}

function checkText(name: string, value: unknown, form: RegExp, expected: string): void {
  if (typeof value !== 'string' || !form.test(value)) throw badArgument(name, expected, value)
}
