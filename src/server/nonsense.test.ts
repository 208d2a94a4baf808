/**
 * Calls every function of `rootlight/server` with nonsense. Each call throws or rejects with a coded error naming the
 * expected value, and leaves nothing open or listening. An unhandled rejection fails the run.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  ABORTED,
  type Call,
  type CallTable,
  EMPTY,
  type Fine,
  FUNCTIONS,
  NONSENSE,
  namesOf,
  OMITTED,
  reactive,
  TEXTS,
  wrongEnds,
} from '../testing/nonsense.ts'
import type { LevelSource, ServedState, StateDatabase, StateDirectory, StateInfo } from './index.ts'
import * as server from './index.ts'

let directory: string
let states: StateDirectory
let database: StateDatabase
let info: StateInfo
let source: LevelSource
let names = 0

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rootlight-nonsense-'))
  states = await server.StateDirectory.open(join(directory, 'states'))
  info = await states.ensure({ generate: { accounts: 3, seed: 1 } })
  database = states.database
  source = await server.LevelSource.open(database, info)
})
afterAll(async () => {
  await states.close()
  await rm(directory, { recursive: true, force: true })
})

const NUMBERS: Fine = ['a number', '2^53']

const placesOf = (prefix: string, names: readonly string[], fine: Fine, call: (part: object) => unknown): Call[] =>
  names.map((name) => [`${prefix}${name}`, fine, (it) => call({ [name]: it })])

const state = (): ServedState => ({ root: source.root, source })
const start = async (more: object) => (await server.startServer({ sources: [state()], ...more })).close()
const relay = async (options: object) => (await server.startRelay(options)).close()
const relayLimits = (more: object) => relay({ limits: { ...server.DEFAULT_RELAY_LIMITS, ...more } })

/** Turns a text into a valid path inside this test's directory. */
const pathOf = (it: unknown) =>
  (typeof it === 'string' && it !== '' ? join(directory, encodeURIComponent(it)) : it) as string

const account = { address: new Uint8Array(20), nonce: 0n, balance: 1n, slots: [] }
const block = server.KNOWN_GENESIS[0]!.block
const importWith = (more: object) => {
  const scratchDirectory = join(directory, 'scratch')
  return server.importState({ database, scratchDirectory, records: [], label: `${names++}`, ...more } as never)
}
const record = (more: object) => importWith({ records: [{ kind: 'account', ...account, ...more }] })
const slot = (more: object) =>
  importWith({
    records: [
      { kind: 'account', ...account },
      { kind: 'slot', address: account.address, slot: 1n, value: 1n, ...more },
    ],
  })
const openDatabase = async (path: unknown, options?: unknown) =>
  (await server.StateDatabase.open(pathOf(path), options as never)).close()
const openDirectory = async (path: unknown, options?: unknown) =>
  (await server.StateDirectory.open(pathOf(path), options as never)).close()
const newPath = () => join(directory, `${names++}`)
const read = async (file: { records: AsyncIterable<unknown> }) => {
  for await (const _ of file.records);
}
const ensure = (more: object) => states.ensure({ genesis: 'hoodi', ...more })
const generate = (more: object) => states.ensure({ generate: { accounts: 3, seed: 1, ...more } })

const SERVING_NUMBERS = Object.keys(server.DEFAULT_SERVING_LIMITS).filter((name) => !/^(requests|bytes)$/.test(name))
const CONNECTION_NUMBERS = Object.keys(server.DEFAULT_CONNECTION_LIMITS)
const inTime = (names: readonly string[], call: (part: object) => unknown, prefix: string): Call[] =>
  names.flatMap((name) => {
    const fine = [...OMITTED, ...(name.endsWith('Ms') ? ['a number'] : NUMBERS)]
    return placesOf(prefix, [name], fine, call)
  })

/**
 * The functions of `rootlight/server` with the places of their arguments. A text says why a function has no place for
 * nonsense.
 */
const EXPORTS: CallTable = {
  DEFAULT_CONNECTION_LIMITS: 'an object',
  DEFAULT_LISTEN: 'a text',
  DEFAULT_RELAY_LIMITS: 'an object',
  DEFAULT_SERVING_LIMITS: 'an object',
  KNOWN_GENESIS: 'a list',
  ServerError: 'made here, and told apart by applications',
  createPrivateKey: 'takes no argument',
  knownGenesis: 'knows none of whatever it is asked for',
  LevelSource: [
    ['database', [], (it) => server.LevelSource.open(it, info)],
    ['info', [], (it) => server.LevelSource.open(database, it)],
    ...placesOf('info.', ['id', 'root'], [], (part) => server.LevelSource.open(database, { ...info, ...part })),
  ],
  StateDatabase: [
    ['directory', ['a text', 'a URL'], openDatabase],
    ['options', [...OMITTED, ...EMPTY], (it) => openDatabase(newPath(), it)],
    ['onVerify', [...OMITTED, ...FUNCTIONS], (onVerify) => openDatabase(newPath(), { onVerify })],
    ['signal', [...OMITTED, ...ABORTED], (signal) => openDatabase(newPath(), { signal })],
  ],
  StateDirectory: [
    ['path', [...OMITTED, 'a text', 'a URL'], openDirectory],
    ['options', [...OMITTED, ...EMPTY], (it) => openDirectory(newPath(), it)],
    ...placesOf('', ['mustExist', 'repair'], [...OMITTED, 'true'], (part) => openDirectory(newPath(), part)),
    ...placesOf('', ['onVerify', 'onDamage'], [...OMITTED, ...FUNCTIONS], (part) => openDirectory(newPath(), part)),
    ['signal', [...OMITTED, ...ABORTED], (signal) => openDirectory(newPath(), { signal })],
  ],
  SyntheticState: [
    ['seed', [], (it) => new server.SyntheticState(it)],
    ['keccak', OMITTED, (it) => new server.SyntheticState(1, it)],
    ['the index of an address', [], (it) => new server.SyntheticState(1).address(it)],
    ['the index of an account', [], (it) => new server.SyntheticState(1).account(it)],
    ['the number of a slot', [], (it) => new server.SyntheticState(1).slot(it)],
  ],
  generateAccounts: [
    ['options', [], (it) => server.generateAccounts(it)],
    ...placesOf('', ['accounts', 'seed'], [], (part) => server.generateAccounts({ accounts: 1, seed: 1, ...part })),
    ['keccak', OMITTED, (keccak) => [...server.generateAccounts({ accounts: 1, seed: 1, keccak })]],
  ],
  encodeGenesisHeader: [
    ['block', [], (it) => server.encodeGenesisHeader(it, source.root)],
    ['stateRoot', [], (it) => server.encodeGenesisHeader(block, it)],
    ...placesOf('', ['fork', 'difficulty', 'gasLimit'], [], (part) =>
      server.encodeGenesisHeader({ ...block, ...part }, source.root),
    ),
    ...placesOf(
      '',
      [
        ...['timestamp', 'extraData', 'nonce', 'mixHash', 'coinbase', 'parentHash', 'number', 'gasUsed'],
        ...['baseFeePerGas', 'blobGasUsed', 'excessBlobGas', 'slotNumber'],
      ],
      OMITTED,
      (part) => server.encodeGenesisHeader({ ...block, fork: 'amsterdam', ...part }, source.root),
    ),
  ],
  genesisFile: [['path', [], (it) => read(server.genesisFile(it))]],
  importState: [
    ['options', [], (it) => server.importState(it)],
    ...placesOf('', ['database', 'records'], [], importWith),
    ['label', TEXTS, (label) => importWith({ label })],
    ['scratchDirectory', [], (it) => importWith({ scratchDirectory: typeof it === 'string' ? '' : it })],
    ...placesOf('', ['expectedRoot', 'sortMemoryBytes'], OMITTED, importWith),
    [
      'onProgress',
      [...OMITTED, ...FUNCTIONS],
      (it) => importWith({ onProgress: (it as unknown) === undefined ? it : once(it) }),
    ],
    ...placesOf('', ['chainId', 'header'], [...OMITTED, ...FUNCTIONS], (part) => importWith(quiet(part))),
    ['what chainId returns', OMITTED, (it) => importWith({ chainId: () => it })],
    ['what header returns', OMITTED, (it) => importWith({ header: () => it })],
    ['signal', [...OMITTED, ...ABORTED], (signal) => importWith({ signal })],
    ['a record', [], (it) => importWith({ records: [it] })],
    ['kind', [], (kind) => record({ kind })],
    ...placesOf('an account’s ', ['address', 'nonce', 'balance'], [], record),
    ['an account’s code', OMITTED, (code) => record({ code })],
    ...placesOf('a slot’s ', ['address', 'slot', 'value'], [], slot),
  ],
  multiSource: [
    ['sources', [], (it) => server.multiSource(it)],
    ['a source', [], (it) => server.multiSource([it])],
    ...placesOf('its ', ['has', 'run', 'path', 'code'], FUNCTIONS, (part) =>
      server.multiSource([{ has: () => false, run: read, path: read, code: read, ...part } as never]),
    ),
  ],
  recordsOf: [
    ['accounts', [], (it) => [...server.recordsOf(it)]],
    ['an account', [], (it) => [...server.recordsOf([it])]],
    ...placesOf('its ', ['address', 'nonce', 'balance', 'slots'], [], (part) => [
      ...server.recordsOf([{ ...account, ...part }]),
    ]),
    ['its code', OMITTED, (code) => [...server.recordsOf([{ ...account, code }])]],
    ['a slot', [], (it) => [...server.recordsOf([{ ...account, slots: [it] }])]],
  ],
  startRelay: [
    ['options', [...OMITTED, ...EMPTY], relay],
    ...placesOf('', ['listen', 'limits', 'privateKey'], OMITTED, relay),
    ['an address', [], (it) => relay({ listen: [it] })],
    ['connectionLimits', [...OMITTED, ...EMPTY], (connectionLimits) => relay({ connectionLimits })],
    ...placesOf('limits.', Object.keys(server.DEFAULT_RELAY_LIMITS), [], relayLimits),
  ],
  startServer: [
    ['options', [], (it) => server.startServer(it)],
    ['sources', [], (sources) => start({ sources })],
    ['a state', [], (it) => start({ sources: [it] })],
    ...placesOf('a state’s ', ['root', 'source'], [], (part) => start({ sources: [{ ...state(), ...part }] })),
    ['a state’s blockNumber', OMITTED, (blockNumber) => start({ sources: [{ ...state(), blockNumber }] })],
    ...placesOf('', ['headers', 'listen', 'chainId', 'privateKey', 'relay', 'throttleBytesPerSecond'], OMITTED, start),
    ['a header', [], (it) => start({ headers: [it] })],
    ['an address', [], (it) => start({ listen: [it] })],
    ...placesOf('', ['limits', 'connectionLimits'], [...OMITTED, ...EMPTY], start),
    ...inTime(SERVING_NUMBERS, (limits) => start({ limits }), 'limits.'),
    ...placesOf('limits.', ['requests', 'bytes'], OMITTED, (limits) => start({ limits })),
    ['limits.requests.burst', NUMBERS, (burst) => start({ limits: { requests: { perSecond: 1, burst } } })],
    ['limits.bytes.perSecond', NUMBERS, (perSecond) => start({ limits: { bytes: { perSecond, burst: 1 } } })],
    ...inTime(CONNECTION_NUMBERS, (connectionLimits) => start({ connectionLimits }), 'connectionLimits.'),
    ...placesOf('', ['onWebRtcUnavailable', 'onServed', 'onDamage', 'onFailure'], [...OMITTED, ...FUNCTIONS], start),
  ],
}

/**
 * Replaces a function by a harmless one. The call runs the function, and an error of an application's own is not coded.
 */
function once(it: unknown) {
  return typeof it === 'function' ? () => {} : it
}

const quiet = (part: object) => Object.fromEntries(Object.entries(part).map(([name, it]) => [name, once(it)]))

const DATABASE: CallTable = {
  constructor: 'made by StateDatabase.open',
  ...Object.fromEntries(['states', 'damaged', 'begin', 'close'].map((name) => [name, 'takes no argument'])),
  ...Object.fromEntries(['write', 'complete'].map((name) => [name, 'called by importState alone'])),
  ...Object.fromEntries(['block', 'code'].map((name) => [name, 'called by LevelSource alone'])),
  drop: [['id', [], (it) => database.drop(it)]],
  inventory: [['info', [], (it) => database.inventory(it)]],
  blockStarts: [['id', [], (it) => database.blockStarts(it)]],
}

const DIRECTORY: CallTable = {
  constructor: 'made by StateDirectory.open',
  ...Object.fromEntries(['database', 'privateKey', 'close'].map((name) => [name, 'takes no argument'])),
  ensure: [
    ['wanted', [], (it) => states.ensure(it)],
    ...placesOf('', ['genesis'], [], (part) => ensure(part)),
    ['root', OMITTED, (root) => ensure({ root })],
    ['generate', OMITTED, (it) => ensure({ generate: it })],
    ...placesOf('generate.', ['accounts', 'seed'], [], generate),
    ['options', [...OMITTED, ...EMPTY], (it) => states.ensure({ genesis: 'hoodi' }, it)],
    ['verify', [...OMITTED, 'true'], (verify) => states.ensure({ genesis: 'hoodi' }, { verify })],
    ['onProgress', [...OMITTED, ...FUNCTIONS], (onProgress) => states.ensure({ genesis: 'hoodi' }, { onProgress })],
    ['signal', [...OMITTED, ...ABORTED], (signal) => states.ensure({ genesis: 'hoodi' }, { signal })],
  ],
  sources: [
    ['wanted', OMITTED, (it) => states.sources(it)],
    ['a wanted state', [], (it) => states.sources([it])],
    ['options', [...OMITTED, ...EMPTY], (it) => states.sources([], it)],
  ],
  verify: [
    ['options', [...OMITTED, ...EMPTY], (it) => states.verify(it)],
    ['onVerify', [...OMITTED, ...FUNCTIONS], (it) => states.verify({ onVerify: once(it) as never })],
    ['signal', [...OMITTED, ...ABORTED], (signal) => states.verify({ signal })],
  ],
}

const SOURCE: CallTable = Object.fromEntries(
  ['constructor', 'has', 'run', 'path', 'code', 'header'].map((name) => [name, 'called by whoever serves it']),
)

describe('the table', () => {
  test('default: has every export, and every method of what they make', () => {
    expect(Object.keys(EXPORTS).sort()).toEqual(Object.keys(server).sort())
    expect(Object.keys(DATABASE).sort()).toEqual(namesOf(server.StateDatabase.prototype))
    expect(Object.keys(DIRECTORY).sort()).toEqual(namesOf(server.StateDirectory.prototype))
    expect(Object.keys(SOURCE).sort()).toEqual(namesOf(server.LevelSource.prototype))
  })
})

for (const [face, table] of Object.entries({ server: EXPORTS, StateDatabase: DATABASE, StateDirectory: DIRECTORY })) {
  for (const [name, calls] of Object.entries(table)) {
    for (const call of typeof calls === 'string' ? [] : calls) {
      test(`error: ${face}: ${name} with nonsense for ${call[0]} is coded`, async () => {
        expect(await wrongEnds(call)).toEqual([])
        await expect.poll(listening).toEqual([])
      })
    }
  }
}

function listening(): string[] {
  return process.getActiveResourcesInfo().filter((name) => /^(TCPServerWrap|UDPWrap)$/.test(name))
}

describe('rootlight/server', () => {
  test('behavior: what has no name is not known', () => {
    for (const make of Object.values(NONSENSE)) expect(server.knownGenesis(make() as never)).toBeUndefined()
  })

  test('behavior: limits that are left out as undefined have their usual values', async () => {
    const connectionLimits = { connections: undefined, connectionsPerHost: undefined }
    const running = await server.startServer({
      sources: [],
      limits: { streams: undefined, greetingMs: undefined },
      connectionLimits,
    } as never)
    await running.close()
  })

  test('behavior: proxies over valid arguments work', async () => {
    const running = await server.startServer(
      reactive({ sources: [state()], listen: [server.DEFAULT_LISTEN], limits: { streams: 9 }, chainId: 1 }),
    )
    expect(running.roots).toEqual([source.root])
    await running.close()
    expect(await states.ensure(reactive({ generate: { accounts: 3, seed: 1 } }))).toEqual(info)
  })
})
