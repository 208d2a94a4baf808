/**
 * Calls every function of `rootlight/evm` with nonsense. Each call rejects with a coded error naming the expected
 * value.
 */
import { describe, expect, test } from 'vitest'
import { EMPTY, endOf, NONSENSE } from '../testing/nonsense.ts'
import { decodeHeader } from '../wallet/header.ts'
import { KNOWN_HEADERS } from '../wallet/known-headers.suite.ts'
import { checkArguments } from './check-arguments.ts'
import * as evm from './index.ts'

const ADDRESS = '0x000d836201318ec6899a67540690382780743280'
const state = { account: async () => null, storage: async () => 0n, code: async () => '0x' }
const block = { number: 1, header: null }
const options = { chainId: 1337 }

type Run = (...args: readonly unknown[]) => Promise<unknown>
type Call = readonly [what: string, fine: readonly string[], call: (run: Run, nonsense: unknown) => unknown]

const BIGINTS = ['gas', 'gasPrice', 'maxFeePerGas', 'maxPriorityFeePerGas', 'value', 'maxFeePerBlobGas']

const PLACES: readonly Call[] = [
  ['state', [], (run, it) => run(it, block, { to: ADDRESS }, options)],
  ...Object.keys(state).map(
    (name): Call => [
      ...([`state.${name}`, ['a function', 'a function that throws']] as const),
      (run, it) => run({ ...state, [name]: it }, block, { to: ADDRESS }, options),
    ],
  ),
  ['block', [], (run, it) => run(state, it, { to: ADDRESS }, options)],
  ['block.number', ['null'], (run, it) => run(state, { ...block, number: it }, { to: ADDRESS }, options)],
  ['block.header', ['null'], (run, it) => run(state, { ...block, header: it }, { to: ADDRESS }, options)],
  ['request', EMPTY, (run, it) => run(state, block, it, options)],
  ...['from', 'to', 'data', 'accessList', ...BIGINTS].map(
    (name): Call => [
      ...([`request.${name}`, ['nothing']] as const),
      (run, it) => run(state, block, { to: ADDRESS, [name]: it }, options),
    ],
  ),
  ['options', [], (run, it) => run(state, block, { to: ADDRESS }, it)],
  ['options.chainId', [], (run, it) => run(state, block, { to: ADDRESS }, { chainId: it })],
  ['options.hardfork', ['nothing'], (run, it) => run(state, block, { to: ADDRESS }, { ...options, hardfork: it })],
  [
    ...(['options.overrides', ['nothing', 'a map']] as const),
    (run, it) => run(state, block, { to: ADDRESS }, { ...options, overrides: it }),
  ],
]

const HASH = `0x${'5'.repeat(64)}`

/** Complete arguments: each field of each object is there. */
const COMPLETE = {
  block: { number: 1, header: decodeHeader(Uint8Array.from(Buffer.from(KNOWN_HEADERS.at(-1)!.rlp, 'hex'))) },
  request: {
    from: ADDRESS,
    to: ADDRESS,
    ...Object.fromEntries(BIGINTS.map((name) => [name, 1n])),
    data: '0xabcd',
    accessList: [{ address: ADDRESS, storageKeys: [HASH] }],
    blobVersionedHashes: [HASH],
    authorizationList: [{ chainId: 1n, address: ADDRESS, nonce: 0n, yParity: 1n, r: 1n, s: 1n }],
  },
  options: {
    chainId: 1337,
    overrides: new Map<string, object>([
      [ADDRESS, { nonce: 1n, balance: 1n, code: '0x60', state: new Map([[1n, 2n]]), movePrecompileToAddress: ADDRESS }],
      [`0x${'1'.repeat(40)}`, { stateDiff: new Map([[3n, 4n]]) }],
    ]),
    blockOverrides: {
      ...{ number: 1n, difficulty: 1n, time: 1n, gasLimit: 1n, baseFeePerGas: 1n, blobBaseFee: 1n },
      ...{ feeRecipient: ADDRESS, prevRandao: HASH },
    },
  },
}

/** A place inside {@link COMPLETE}: its name, its value, and a copy of the arguments with another value there. */
interface Place {
  readonly name: string
  readonly value: unknown
  readonly isItem: boolean
  with(value: unknown): unknown
}

/** Yields every place inside `value` at any depth: fields, items of lists, and keys and values of maps. */
function* placesIn(value: unknown, name = '', build = (it: unknown): unknown => it): Generator<Place> {
  if (typeof value !== 'object' || value === null) return
  const entries = value instanceof Map ? [...value] : Object.entries(value)
  const isItem = Array.isArray(value) || value instanceof Map
  for (const [i, [key, item]] of entries.entries()) {
    const put = (changedKey: unknown, it: unknown) => {
      const changed = entries.map((entry, at) => (at === i ? [changedKey, it] : entry) as [string, unknown])
      if (Array.isArray(value)) return build(changed.map(([, each]) => each))
      return build(value instanceof Map ? new Map(changed) : Object.fromEntries(changed))
    }
    const at = `${name}/${String(key)}`
    yield { name: at, value: item, isItem, with: (it) => put(key, it) }
    if (value instanceof Map) yield { name: `${at} (key)`, value: key, isItem, with: (it) => put(it, item) }
    yield* placesIn(item, at, (it) => put(key, it))
  }
}

const { call, estimateGas } = evm.createEvm({ worker: null })
const FUNCTIONS = { call, estimateGas } as unknown as Readonly<Record<string, Run>>

describe('rootlight/evm', () => {
  test('default: the table has every function', () => {
    const names = Object.keys(evm).filter((name) => !name.endsWith('Error'))
    expect([...Object.keys(FUNCTIONS), 'createEvm'].sort()).toEqual(names.sort())
  })

  test('error: createEvm with nonsense is coded', () => {
    const fine = [...EMPTY, 'nothing']
    for (const [kind, make] of Object.entries(NONSENSE)) {
      const coded = expect.objectContaining({ name: 'RootlightError', code: expect.stringMatching(/^bad/) })
      const create = (options: unknown) => () => evm.createEvm(options as never)
      if (!fine.includes(kind)) expect(create(make()), kind).toThrow(coded)
      if (kind !== 'nothing') expect(create({ timeoutMs: make() }), kind).toThrow(coded)
      const isWorker = kind === 'null' || kind === 'nothing' || kind.startsWith('a function')
      if (!isWorker) expect(create({ worker: make() }), kind).toThrow(coded)
    }
  })

  test('behavior: proxies over valid arguments are copied to plain data', () => {
    const reactive = <T extends object>(value: T): T =>
      new Proxy(value, {
        get: (object, name) => {
          const field = Reflect.get(object, name)
          return typeof field === 'object' && field !== null && !(field instanceof Map) ? reactive(field) : field
        },
      })
    const request = { to: ADDRESS, accessList: [{ address: ADDRESS, storageKeys: [`0x${'1'.repeat(64)}`] }] }
    const given = { block: reactive(block), request: reactive(request), options: reactive(options) }
    const { signal, ...checked } = checkArguments(reactive(state), given)
    expect(structuredClone(checked)).toEqual({ block, request, options })
    expect(signal).toBeUndefined()
  })

  test('default: complete arguments come back as they are', () => {
    const { signal, ...checked } = checkArguments(state, COMPLETE)
    expect(checked).toEqual(COMPLETE)
    expect(signal).toBeUndefined()
  })

  test.each([...placesIn(COMPLETE)].map((place) => [place.name, place] as const))(
    'error: nonsense at %s is coded',
    (_, place) => {
      const mayBeEmpty = /^\/request$|^\/options\/(overrides\/0x\w+|blockOverrides)$/.test(place.name)
      const wrong: string[] = []
      for (const [kind, make] of Object.entries(NONSENSE)) {
        const value = make()
        // A field may be optional or null. An item of a list or of a map is neither.
        if (!place.isItem && (kind === 'nothing' || kind === 'null')) continue
        if (mayBeEmpty && EMPTY.includes(kind)) continue
        try {
          checkArguments(state, place.with(value) as typeof COMPLETE)
          wrong.push(`${kind}: no error`)
        } catch (error) {
          const isCoded = expect.objectContaining({ name: 'RootlightError', code: expect.stringMatching(/^bad/) })
          if (!isCoded.asymmetricMatch(error)) wrong.push(`${kind}: ${error}`)
        }
      }
      expect(wrong).toEqual([])
    },
  )

  test.each<[what: string, request: object, options: object]>([
    ['null in the access list', { accessList: [null] }, {}],
    ['a short address in the access list', { accessList: [{ address: '0x1', storageKeys: [] }] }, {}],
    ['a short storage key', { accessList: [{ address: ADDRESS, storageKeys: ['0x1'] }] }, {}],
    ['null for an authorization', { authorizationList: [null] }, {}],
    ['a number for a versioned hash', { blobVersionedHashes: [5] }, {}],
    ['null for an override', {}, { overrides: new Map([[ADDRESS, null]]) }],
    ['a number for an overridden code', {}, { overrides: new Map([[ADDRESS, { code: 5 }]]) }],
    ['an unknown override', {}, { overrides: new Map([[ADDRESS, { coed: '0x' }]]) }],
    ['both kinds of slots', {}, { overrides: new Map([[ADDRESS, { state: new Map(), stateDiff: new Map() }]]) }],
    [
      'two overrides of one address',
      {},
      { overrides: new Map([ADDRESS, ADDRESS.toUpperCase().replace('X', 'x')].map((each) => [each, {}])) },
    ],
    ['a number for an overridden block number', {}, { blockOverrides: { number: 5 } }],
    ['a name for an overridden coinbase', {}, { blockOverrides: { feeRecipient: 'me' } }],
    ['a value of more than 256 bits', { value: 2n ** 256n }, {}],
  ])('error: %s is refused: badArgument of a call and of an estimate', async (_, request, others) => {
    for (const run of Object.values(FUNCTIONS)) {
      const end = await endOf(() => run(state, block, { to: ADDRESS, ...request }, { ...options, ...others }))
      expect(end).toMatchObject({ kind: 'coded', code: 'badArgument' })
    }
  })

  test('behavior: addresses count in any case', async () => {
    const upper = `0x${ADDRESS.slice(2).toUpperCase()}`
    const overrides = new Map([[upper, { code: '0x602a60005260206000f3' }]])
    const { output } = await call(state, block, { to: ADDRESS }, { ...options, overrides })
    expect(BigInt(output)).toBe(42n)
  })

  test('behavior: each field is read once: a getter cannot answer a check with one value and the call with another', () => {
    let reads = 0
    const request = {
      get to() {
        return reads++ === 0 ? ADDRESS : 'nonsense'
      },
    }
    expect(checkArguments(state, { block, request, options }).request.to).toBe(ADDRESS)
  })

  for (const [name, run] of Object.entries(FUNCTIONS)) {
    for (const [what, fine, call] of PLACES) {
      test(`error: ${name} with nonsense for ${what} is coded`, async () => {
        const wrong: string[] = []
        for (const [kind, make] of Object.entries(NONSENSE)) {
          const value = kind === 'a module' ? await make() : make()
          const end = await endOf(() => call(run, value))
          // An error of the state comes through unchanged.
          const isFine = fine.includes(kind) && (end.kind === 'resolved' || kind === 'a function that throws')
          if (end.kind !== 'coded' && !isFine) {
            wrong.push(`${kind}: ${JSON.stringify(end)}`)
          }
        }
        expect(wrong).toEqual([])
      })
    }
  }
})
