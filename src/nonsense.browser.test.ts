/**
 * Calls every function of the public face with nonsense. Each call throws or rejects with a coded error naming the
 * expected value. No nonsense causes an uncaught error or an unhandled rejection: vitest would fail the run.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LightClient as Client, Sync } from './index.ts'
import * as rootlight from './index.ts'
import {
  ABORTED,
  type Call,
  type CallTable,
  EMPTY,
  endOf,
  type Fine,
  FUNCTIONS,
  NONSENSE,
  namesOf,
  OMITTED,
  reactive,
  TEXTS,
  wrongEnds,
} from './testing/nonsense.ts'

const ADDRESS = '0x000d836201318ec6899a67540690382780743280'
const EMPTY_ROOT = '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421'
const createWorker = () => new Worker(new URL('./worker/port/worker.ts', import.meta.url), { type: 'module' })
const fallback = { request: async () => '0x1' }
const info = { name: 'Rootlight', icon: 'data:,', rdns: 'example.rootlight' }

let client: Client
let sync: Sync
let names = 0

beforeAll(async () => {
  client = await open({})
  sync = client.sync({ root: EMPTY_ROOT })
  await sync.done
})
afterAll(() => client.close())

const options = () => ({ database: `nonsense-${names++}`, chainId: 1, peers: [] as string[] })
const open = (more: object) => rootlight.createLightClient({ ...options(), worker: createWorker, ...more } as never)
const openAndClose = async (given: unknown) => (await rootlight.createLightClient(given as never)).close()

/** Nonsense read as an empty record. */
const NO_FIELDS: Fine = [
  ...['an object without a prototype', 'an object whose fields throw'],
  ...['a promise', 'a signal that has aborted'],
]
const reads: Readonly<Record<string, (...args: readonly unknown[]) => unknown>> = {
  getAccount: (options, address = ADDRESS) => client.getAccount(address as string, options as object),
  getCode: (options, address = ADDRESS) => client.getCode(address as string, options as object),
  getStorageAt: (options, address = ADDRESS) => client.getStorageAt(address as string, 1, options as object),
  getProof: (options, address = ADDRESS) => client.getProof(address as string, [1], options as object),
  addProof: (options, address = ADDRESS) =>
    client.addProof({ address: address as string, accountProof: [] }, options as object),
}

function callsOfRead(name: string): Call[] {
  const read = reads[name]!
  return [
    ['address', ['nothing'], (it) => read({}, it)],
    ['options', [...OMITTED, ...EMPTY], (it) => read(it)],
    ['at', OMITTED, (at) => read({ at })],
    ['signal', [...OMITTED, ...ABORTED], (signal) => read({ signal })],
  ]
}

const target = { root: EMPTY_ROOT }
const proof = { address: ADDRESS, accountProof: ['0x80'], storageProof: [] }
const [more] = [{ key: '0x1', proof: [] }]

/** The functions of `rootlight`, each with calls by argument. A text gives the reason why no argument can be wrong. */
const EXPORTS: Readonly<Record<keyof typeof rootlight, readonly Call[] | string>> = {
  RootlightError: 'made here, and told apart by applications',
  isRootlightError: 'answers whatever it is asked',
  createLightClient: [
    ['options', [], openAndClose],
    [
      'database',
      TEXTS,
      (database) => openAndClose({ ...options(), database: database === '' ? `${names++}` : database }),
    ],
    ['chainId', [], (chainId) => openAndClose({ ...options(), chainId })],
    ['peers', [], (peers) => openAndClose({ ...options(), peers })],
    ['a peer', [], (peer) => openAndClose({ ...options(), peers: [peer] })],
    ['a peer, in a worker', [], (peer) => openAndClose({ ...options(), peers: [peer], worker: createWorker })],
    ['worker', OMITTED, (worker) => openAndClose({ ...options(), worker })],
    ['what worker returns', [], (it) => openAndClose({ ...options(), worker: () => it })],
    ['webrtc', [...OMITTED, ...EMPTY], (webrtc) => openAndClose({ ...options(), webrtc })],
    ['webrtc.relays', OMITTED, (relays) => openAndClose({ ...options(), webrtc: { relays } })],
    [
      'webrtc.rtcConfiguration',
      [...OMITTED, ...EMPTY],
      (rtcConfiguration) => openAndClose({ ...options(), webrtc: { rtcConfiguration } }),
    ],
    ['libp2p', OMITTED, (libp2p) => openAndClose({ ...options(), libp2p })],
    ['serve', [...OMITTED, ...EMPTY], (serve) => openAndClose({ ...options(), serve })],
    ...['uploadBytesPerSecond', 'maxRequests', 'whileHidden', 'onMetered'].map((name): Call => {
      const fine = name.startsWith('m') || name.startsWith('u') ? OMITTED : [...OMITTED, 'true']
      return [`serve.${name}`, fine, (it) => openAndClose({ ...options(), serve: { [name]: it } })]
    }),
  ],
  announceProvider: [
    ['provider', [], (provider) => rootlight.announceProvider(provider, info)],
    ['info', [], (it) => rootlight.announceProvider(fallback as never, it)],
    ...['name', 'icon', 'rdns', 'uuid'].map((name): Call => {
      const fine = name === 'uuid' ? [...OMITTED, ...TEXTS] : TEXTS
      return [`info.${name}`, fine, (it) => rootlight.announceProvider(fallback as never, { ...info, [name]: it })()]
    }),
  ],
}

/** The methods of a client, in the same form. */
const METHODS: CallTable = {
  constructor: 'made by createLightClient',
  ...Object.fromEntries(Object.keys(reads).map((name) => [name, callsOfRead(name)])),
  sync: [
    ['target', [], (it) => client.sync(it)],
    ...['root', 'block'].map((name): Call => [name, [], (it) => client.sync({ [name]: it } as never)]),
    ['blockNumber', OMITTED, (blockNumber) => client.sync({ ...target, blockNumber })],
    ['header', [], (header) => client.sync({ block: EMPTY_ROOT, header: header ?? 'nothing' })],
    ['accounts', OMITTED, (accounts) => client.sync({ ...target, accounts })],
    ['an account', [], (account) => client.sync({ ...target, accounts: [account] })],
    ['storage', [...OMITTED, ...NO_FIELDS], (storage) => client.sync({ ...target, storage }).done],
    ['storage of an account', [], (slots) => client.sync({ ...target, storage: { [ADDRESS]: slots } })],
    ['a slot', [], (slot) => client.sync({ ...target, storage: { [ADDRESS]: [slot] } })],
  ],
  provider: [
    ['options', [...OMITTED, ...EMPTY], (it) => client.provider(it)],
    ['fallback', OMITTED, (fallback) => client.provider({ fallback })],
    ['evm', [...OMITTED, ...FUNCTIONS], (evm) => client.provider({ evm })],
    ['hardfork', [...OMITTED, ...TEXTS], (hardfork) => client.provider({ hardfork })],
    ['otherBlocks', OMITTED, (otherBlocks) => client.provider({ otherBlocks })],
  ],
  getStorageAt: [...callsOfRead('getStorageAt'), ['slot', [], (slot) => client.getStorageAt(ADDRESS, slot)]],
  getProof: [
    ...callsOfRead('getProof'),
    ['slots', OMITTED, (slots) => client.getProof(ADDRESS, slots)],
    ['a slot', [], (slot) => client.getProof(ADDRESS, [slot])],
  ],
  addProof: [
    ...callsOfRead('addProof').slice(1),
    ['proof', [], (it) => client.addProof(it)],
    ['address', [], (address) => client.addProof({ ...proof, address })],
    ['accountProof', [], (accountProof) => client.addProof({ ...proof, accountProof })],
    ['a node', [], (node) => client.addProof({ ...proof, accountProof: [node] })],
    ['storageProof', OMITTED, (storageProof) => client.addProof({ ...proof, storageProof })],
    ['a slot of it', [], (slot) => client.addProof({ ...proof, storageProof: [slot] })],
    ['its key', [], (key) => client.addProof({ ...proof, storageProof: [{ ...more!, key }] })],
    ['its proof', [], (nodes) => client.addProof({ ...proof, storageProof: [{ ...more!, proof: nodes }] })],
  ],
  verify: [
    ['options', [...OMITTED, ...EMPTY], (it) => client.verify(it)],
    ['signal', [...OMITTED, ...ABORTED], (signal) => client.verify({ signal })],
    ['onProgress', [...OMITTED, ...FUNCTIONS], (onProgress) => client.verify({ onProgress })],
  ],
  import: [
    ['file', [], (file) => client.import(file)],
    ['a chunk', [], (chunk) => client.import(streamOf(chunk))],
    ['options', [...OMITTED, ...EMPTY], (it) => client.import(new Blob([]), it)],
    ['root', OMITTED, (root) => client.import(new Blob([]), { root })],
    ['signal', [...OMITTED, ...ABORTED], (signal) => client.import(new Blob([]), { signal })],
  ],
  ...Object.fromEntries(
    ['peers', 'addresses', 'status', 'role', 'persist', 'export', 'storage', 'progress', 'coverage'].map((name) => [
      name,
      'takes no argument',
    ]),
  ),
  wipe: 'takes no argument',
  close: 'takes no argument',
}

function streamOf(chunk: unknown): ReadableStream<never> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(chunk as never)
      controller.close()
    },
  }) as ReadableStream<never>
}

const provider = () => client.provider()
const PROVIDER: CallTable = {
  constructor: 'made by LightClient.provider',
  request: [
    ['args', [], (it) => provider().request(it)],
    ['method', TEXTS, (method) => provider().request({ method })],
    ['params', ['nothing', 'null'], (params) => provider().request({ method: 'eth_getBalance', params })],
    ['a param', ['nothing'], (it) => provider().request({ method: 'eth_getBalance', params: [it] })],
    ['a block', ['nothing', 'null'], (it) => provider().request({ method: 'eth_getBalance', params: [ADDRESS, it] })],
  ],
  on: [['listener', FUNCTIONS, (listener) => provider().on('connect', listener)]],
  removeListener: 'removes nothing if it is not there',
}

const SYNC: Readonly<Record<string, string>> = {
  constructor: 'made by LightClient.sync',
  ...Object.fromEntries(
    ['progress', 'coverage', 'cancel', 'leave', 'resume'].map((name) => [name, 'takes no argument']),
  ),
  ...Object.fromEntries(
    ['receive', 'receivePause', 'receiveStall'].map((name) => [name, 'called by the client alone']),
  ),
}

describe('the table', () => {
  test('default: has every export, and every method of what they return', () => {
    expect(Object.keys(EXPORTS).sort()).toEqual(Object.keys(rootlight).sort())
    expect(Object.keys(METHODS).sort()).toEqual(namesOf(Object.getPrototypeOf(client)))
    expect(Object.keys(PROVIDER).sort()).toEqual(namesOf(Object.getPrototypeOf(provider())))
    expect(Object.keys(SYNC).sort()).toEqual(namesOf(Object.getPrototypeOf(sync)))
  })
})

for (const [face, table] of Object.entries({ rootlight: EXPORTS, LightClient: METHODS, provider: PROVIDER })) {
  for (const [name, calls] of Object.entries(table)) {
    for (const call of typeof calls === 'string' ? [] : calls) {
      test(`error: ${face}: ${name} with nonsense for ${call[0]} is coded`, async () => {
        expect(await wrongEnds(call)).toEqual([])
      })
    }
  }
}

describe('LightClient', () => {
  test('behavior: what takes no argument ignores those that it gets', async () => {
    for (const name of ['peers', 'addresses', 'status', 'role', 'storage', 'persist']) {
      for (const make of Object.values(NONSENSE)) {
        const method = (client as unknown as Record<string, (...args: unknown[]) => unknown>)[name]!
        expect(await endOf(() => method.call(client, make(), make()))).toEqual({ kind: 'resolved' })
      }
    }
  })

  test('behavior: proxies over valid arguments work, also across the worker’s port', async () => {
    const wanted = { ...target, accounts: [ADDRESS], storage: { [ADDRESS]: [1, '0x2'] } }
    await client.sync(reactive(wanted)).done
    expect(await client.getProof(ADDRESS, reactive([1, 2n]), reactive({ at: EMPTY_ROOT } as const))).toMatchObject({
      root: EMPTY_ROOT,
    })
    const proven = await client.getProof(ADDRESS, [1])
    expect(await client.addProof(reactive(proven.value))).toMatchObject({ root: EMPTY_ROOT })
    const provider = client.provider(reactive({ otherBlocks: 'refuse' as const }))
    expect(await provider.request(reactive({ method: 'eth_getBalance', params: [ADDRESS, 'latest'] }))).toBe('0x0')
    const other = await rootlight.createLightClient(reactive({ ...options(), worker: createWorker, peers: [] }))
    await other.close()
  })

  test('behavior: signals of another realm, and of other implementations, are heard', async () => {
    const frame = document.createElement('iframe')
    document.body.append(frame)
    const foreign = (frame.contentWindow as Window & typeof globalThis).AbortSignal.abort('as it is')
    await expect(client.getAccount(ADDRESS, { signal: foreign })).rejects.toBe('as it is')
    frame.remove()
    const old = { aborted: true, addEventListener: () => {}, removeEventListener: () => {} } as never
    await expect(client.getAccount(ADDRESS, { signal: old })).rejects.toMatchObject({ name: 'AbortError' })
  })

  test('behavior: isRootlightError answers whatever it is asked', async () => {
    for (const make of Object.values(NONSENSE)) expect(rootlight.isRootlightError(make())).toBe(false)
  })
})
