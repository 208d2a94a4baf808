/** Reads an application's arguments to `rootlight/server` once, and checks all before anything is opened or listens. */

import { DEFAULT_RELAY_LIMITS, type RelayLimits } from '../network/finding/relay.ts'
import { type ConnectionLimits, DEFAULT_CONNECTION_LIMITS } from '../network/guards/connection-limits.ts'
import { DEFAULT_SERVING_LIMITS, type ServingLimits } from '../protocol/serving-limits.ts'
import type { NodeSource } from '../trie/node-source.ts'
import { parseCount, parsePositive } from '../wallet/number.ts'
import { badArgument, checkSignal, checkType, fieldsOf, listOf, reading, textsOf } from '../wallet/plain.ts'
import { MAX_TIMER_MS } from './constants.ts'
import type { RelayOptions, ServedState, ServerOptions, VerifyOptions } from './options.ts'

const SERVER_OPTIONS = [
  ...['sources', 'headers', 'listen', 'chainId', 'privateKey', 'limits', 'connectionLimits', 'relay'],
  ...['onWebRtcUnavailable', 'throttleBytesPerSecond', 'onServed', 'onDamage', 'onFailure', 'onTrace'],
] as readonly (keyof ServerOptions)[]

/**
 * Returns a server's options as plain data, and for each state the application's own object. Throws `badArgument` or
 * `badNumber`.
 */
export function checkServerOptions(options: unknown): { given: ServerOptions; originals: Map<ServedState, unknown> } {
  const { sources, headers, ...given } = fieldsOf('the options of a server', options, SERVER_OPTIONS)
  const originals = new Map(listOf('sources', sources).map((state) => [checkState(state), state]))
  for (const name of ['onWebRtcUnavailable', 'onServed', 'onDamage', 'onFailure', 'onTrace'] as const)
    optional(given[name], (value) => checkType(name, 'function', value))
  const checked = {
    ...given,
    ...checkListening(given),
    sources: [...originals.keys()],
    headers: optional(headers, (list) => listOf('headers', list).map((header) => checkBytes('a header', header))),
    chainId: optional(given.chainId, (id) => parseCount('chainId', id)),
    limits: optional(given.limits, checkServingLimits),
    relay: optional(given.relay, (limits) => checkRelayLimits('relay', limits)),
    throttleBytesPerSecond: optional(given.throttleBytesPerSecond, (rate) =>
      parsePositive('throttleBytesPerSecond', rate),
    ),
  }
  return { given: withoutMissing(checked) as unknown as ServerOptions, originals }
}

/** Returns a relay's options as plain data. Throws `badArgument` or `badNumber`. */
export function checkRelayOptions(options: unknown): RelayOptions {
  const names = ['listen', 'limits', 'connectionLimits', 'privateKey', 'onTrace'] as const
  const { onTrace, ...given } = fieldsOf('the options of a relay', options, names)
  optional(onTrace, (value) => checkType('onTrace', 'function', value))
  const limits = optional(given.limits, (limits) => checkRelayLimits('limits', limits))
  return withoutMissing({ ...checkListening(given), limits, onTrace }) as RelayOptions
}

/** Returns `source` if it has the methods of a {@link NodeSource}. Throws `badArgument`. */
export function checkSource(name: string, source: unknown): NodeSource {
  const expected = 'a source of nodes, such as a LevelSource'
  const methods = fieldsOf(name, source, ['has', 'run', 'path', 'code'], expected)
  if (Object.values(methods).some((method) => typeof method !== 'function')) throw badArgument(name, expected, source)
  return source as NodeSource
}

/** Returns the options of a verification as plain data. Throws `badArgument`. */
export function checkVerifyOptions(options: unknown): VerifyOptions {
  const { onVerify, signal } = fieldsOf('the options', options, ['onVerify', 'signal'])
  optional(onVerify, (value) => checkType('onVerify', 'function', value))
  return withoutMissing({ onVerify, signal: checkSignal('signal', signal) }) as VerifyOptions
}

/** Returns `value` if it is a `Uint8Array`, of `length` bytes if given. Throws `badArgument`. */
export function checkBytes(name: string, value: unknown, length?: number): Uint8Array {
  const expected = length === undefined ? 'a Uint8Array' : `a Uint8Array of ${length} bytes`
  const isRight = reading(
    name,
    expected,
    value,
    () => value instanceof Uint8Array && value.length === (length ?? value.length),
  )
  if (!isRight) throw badArgument(name, expected, value)
  return value as Uint8Array
}

/** Returns `value` if it can be the path of a file or a directory. Throws `badArgument`. */
export function checkPath(name: string, value: unknown): string {
  if (typeof value !== 'string' || value === '' || value.includes('\0'))
    throw badArgument(name, 'a path, as text', value)
  return value
}

/** Returns 64 hex digits in lower case. Throws `badArgument`. */
export function checkDigits(name: string, value: unknown): string {
  if (typeof value !== 'string' || !/^[0-9a-f]{64}$/i.test(value)) throw badArgument(name, '64 hex digits', value)
  return value.toLowerCase()
}

/** Returns the result of `check`, or undefined for an undefined value. */
export function optional<T>(value: unknown, check: (value: unknown) => T): T | undefined {
  return value === undefined ? undefined : check(value)
}

/** Returns `fields` without the undefined ones, so the usual values apply to them. */
export function withoutMissing(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

function checkState(state: unknown): ServedState {
  const { root, source, blockNumber } = fieldsOf('an item of sources', state, ['root', 'source', 'blockNumber'])
  return withoutMissing({
    root: checkBytes('root', root, 32),
    source: checkSource('source', source),
    blockNumber: optional(blockNumber, (number) => parseCount('blockNumber', number)),
  }) as ServedState
}

type Listening = Record<'listen' | 'privateKey' | 'connectionLimits', unknown>

function checkListening({ listen, privateKey, connectionLimits }: Listening) {
  return {
    listen: optional(listen, (list) => textsOf('listen', list)),
    privateKey: optional(privateKey, (key) => checkBytes('privateKey', key)),
    connectionLimits: optional(connectionLimits, checkConnectionLimits),
  }
}

function checkConnectionLimits(limits: unknown): Partial<ConnectionLimits> {
  const names = Object.keys(DEFAULT_CONNECTION_LIMITS) as (keyof ConnectionLimits)[]
  return checkLimits(fieldsOf('connectionLimits', limits, names)) as Partial<ConnectionLimits>
}

function checkServingLimits(limits: unknown): Partial<ServingLimits> {
  const names = Object.keys(DEFAULT_SERVING_LIMITS) as (keyof ServingLimits)[]
  const { requests, bytes, ...numbers } = fieldsOf('limits', limits, names)
  return withoutMissing({
    ...checkLimits(numbers),
    requests: optional(requests, (rate) => checkRate('limits.requests', rate)),
    bytes: optional(bytes, (rate) => checkRate('limits.bytes', rate)),
  }) as Partial<ServingLimits>
}

/** Requires all limits, as numbers. The relay checks their ranges. */
function checkRelayLimits(name: string, limits: unknown): RelayLimits {
  const names = Object.keys(DEFAULT_RELAY_LIMITS) as (keyof RelayLimits)[]
  const given = fieldsOf(name, limits, names)
  for (const field of names) {
    const value = given[field]
    if (typeof value !== 'number') throw badArgument(`${name}.${field}`, 'a whole number from 1', value)
  }
  return given as unknown as RelayLimits
}

function checkRate(name: string, rate: unknown) {
  const { perSecond, burst } = fieldsOf(name, rate, ['perSecond', 'burst'])
  return { perSecond: checkLimit(`${name}.perSecond`, perSecond), burst: checkLimit(`${name}.burst`, burst) }
}

function checkLimits(limits: Readonly<Record<string, unknown>>): object {
  const given = Object.entries(withoutMissing(limits))
  return Object.fromEntries(given.map(([name, value]) => [name, checkLimit(name, value)]))
}

/** Requires a number above 0, and at most {@link MAX_TIMER_MS} for a time: a longer timer fires at once. */
function checkLimit(name: string, value: unknown): number {
  const max = name.endsWith('Ms') ? MAX_TIMER_MS : Number.POSITIVE_INFINITY
  if (typeof value === 'number' && value > 0 && value <= max) return value
  throw badArgument(name, max === MAX_TIMER_MS ? `a number above 0, and up to ${max}` : 'a number above 0', value)
}
