/** What `call` and `estimateGas` are given, checked before it is run, or crosses to a worker. */
import { parseCount } from '../wallet/input.ts'
import { badArgument, checkType, fieldsOf, listOf, reading } from '../wallet/plain.ts'

const ADDRESS = /^0x[0-9a-fA-F]{40}$/
const BYTES = /^0x(?:[0-9a-fA-F]{2})*$/
const HASH = /^0x[0-9a-fA-F]{64}$/

const QUANTITIES = ['gas', 'gasPrice', 'maxFeePerGas', 'maxPriorityFeePerGas', 'value', 'maxFeePerBlobGas'] as const
const LISTS = ['accessList', 'blobVersionedHashes', 'authorizationList'] as const

/** Throws `badArgument` or `badNumber`. */
export function checkArguments(state: unknown, block: unknown, request: unknown, options: unknown): void {
  const reads = ['account', 'storage', 'code'] as const
  for (const [name, read] of Object.entries(fieldsOf('state', state, reads)))
    checkType(`state.${name}`, 'function', read)
  const { number, header } = fieldsOf('block', block, ['number', 'header'])
  if (number !== null) parseCount('block.number', number)
  if (header !== null) checkText('block.header.hash', fieldsOf('block.header', header, ['hash']).hash, HASH, 'a hash')
  checkRequestFields(request)
  const given = fieldsOf('options', options, ['chainId', 'hardfork', 'overrides', 'blockOverrides'])
  parseCount('options.chainId', given.chainId)
  if (given.hardfork !== undefined) checkType('options.hardfork', 'string', given.hardfork)
  if (given.overrides !== undefined) {
    const expected = 'a map of overrides by address'
    const isMap = reading('options.overrides', expected, given.overrides, () => given.overrides instanceof Map)
    if (!isMap) throw badArgument('options.overrides', expected, given.overrides)
  }
  if (given.blockOverrides !== undefined) fieldsOf('options.blockOverrides', given.blockOverrides, ['number'])
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
