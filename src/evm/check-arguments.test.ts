/**
 * Calls every function of `rootlight/evm` with nonsense. Each call rejects with a coded error naming the expected
 * value.
 */
import { describe, expect, test } from 'vitest'
import { endOf, NONSENSE } from '../testing/nonsense.ts'
import { checkArguments } from './check-arguments.ts'
import * as evm from './index.ts'

const ADDRESS = '0x000d836201318ec6899a67540690382780743280'
const state = { account: async () => null, storage: async () => 0n, code: async () => '0x' }
const block = { number: 1, header: null }
const options = { chainId: 1337 }

type Run = (...args: readonly unknown[]) => Promise<unknown>
type Call = readonly [what: string, fine: readonly string[], call: (run: Run, nonsense: unknown) => unknown]

/** The kinds of nonsense equal to objects without a field. */
const EMPTY = [
  ...['a promise', 'a module', 'an object', 'an object without a prototype', 'an object that holds itself'],
  'a signal that has aborted',
]
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
