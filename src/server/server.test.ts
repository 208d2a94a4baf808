import { multiaddr } from '@multiformats/multiaddr'
import { hexToBytes } from '@noble/hashes/utils.js'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { parsePeer } from '../network/address.ts'
import { createDialingNode } from '../network/libp2p/dialing-node.ts'
import { createPrivateKey } from '../network/libp2p/listening-node.ts'
import { StreamWire } from '../network/libp2p/stream-wire.ts'
import { PROTOCOL_ID } from '../protocol/constants.ts'
import { type Status, statusOf } from '../protocol/messages.ts'
import { Requester } from '../protocol/requester.ts'
import { keccak256 } from '../trie/keccak.ts'
import type { NodeSource } from '../trie/node-source.ts'
import { pathOfKey, ROOT_PATH } from '../trie/path.ts'
import { LevelSource } from './level-source.ts'
import type { Served } from './observed-source.ts'
import type { ServerOptions } from './options.ts'
import { startServer } from './server.ts'
import { blockKey } from './state-database.ts'
import { recordsOf } from './state-record.ts'
import { SyntheticState } from './synthetic.ts'
import { importInto } from './temporary.suite.ts'

const MIB = 1024 * 1024

const emptySource: NodeSource = {
  has: () => false,
  run: async () => new Uint8Array(),
  path: async () => new Uint8Array(),
  code: async () => undefined,
}

beforeAll(() => {
  // Node 20 has no WebSocket for dialing.
  Object.assign(globalThis, { WebSocket })
})

async function sourceOf(accounts: number, seed = 1) {
  const state = new SyntheticState(seed)
  const descriptions = Array.from({ length: accounts }, (_, index) => state.account(index))
  const { database, info } = await importInto({ records: recordsOf(descriptions) })
  return { source: await LevelSource.open(database, info), descriptions, database, info }
}

async function start(options: Partial<ServerOptions> & Pick<ServerOptions, 'sources'>) {
  const server = await startServer(options)
  onTestFinished(() => server.close())
  return server
}

async function connect(address: string, onStatus?: (status: Status) => void) {
  const node = await createDialingNode([parsePeer(address)])
  onTestFinished(async () => node.stop())
  const connection = await node.dial(multiaddr(address))
  const wire = new StreamWire(await connection.newStream(PROTOCOL_ID))
  const requester = new Requester({ wire, status: statusOf(0), ...(onStatus === undefined ? {} : { onStatus }) })
  return { requester, status: await requester.start() }
}

describe('startServer', () => {
  test('behavior: of more states than a Status carries the first are told of, no client takes offence, and all are served', async () => {
    const { source } = await sourceOf(20)
    const rootAt = (i: number) => new Uint8Array(32).fill(i)
    const sources = Array.from({ length: 130 }, (_, i) => {
      const root = rootAt(i)
      const has = (wanted: Uint8Array) => wanted.every((byte) => byte === i)
      const run: NodeSource['run'] = (_, ...rest) => source.run(source.root, ...rest)
      return { root, source: { ...emptySource, has, run } }
    })
    const server = await start({ sources })
    const { requester, status } = await connect(server.multiaddrs[0]!)
    expect(status.roots.map(({ root }) => root)).toEqual(Array.from({ length: 128 }, (_, i) => rootAt(i)))
    const ref = { path: ROOT_PATH, hash: source.root, maxNodes: 1 }
    for (const i of [0, 129]) expect((await requester.getNodes(rootAt(i), [ref], 1000))[0]?.length).toBeGreaterThan(0)
  })

  test('behavior: onTrace tells of the connection, the stream and each answer', async () => {
    const { source } = await sourceOf(20)
    const texts: string[] = []
    const onTrace: ServerOptions['onTrace'] = ({ scope, code, text }) => texts.push(`${scope}.${code} ${text}`)
    const server = await start({ sources: [{ root: source.root, source }], onTrace })
    const { requester } = await connect(server.multiaddrs[0]!)
    const ref = { path: ROOT_PATH, hash: source.root, maxNodes: 1 }
    await requester.getNodes(source.root, [ref], 1000)
    expect(texts).toEqual([
      expect.stringMatching(/^serving.connected ….{8} connected from \/ip4\/127.0.0.1\//),
      expect.stringMatching(/^serving.admitted admitted ….{8} from 127.0.0.1$/),
      expect.stringMatching(/^serving.answered answered ….{8}: 1 of 1 item \(nodes\), [0-9]+ bytes$/),
    ])
  })

  test('default: serves states, paths and codes, and tells what it has', async () => {
    const { source, descriptions } = await sourceOf(200)
    const { root } = source
    const seen: Served[] = []
    const sources = [{ root, source, blockNumber: 7 }]
    const server = await start({ sources, chainId: 5, onServed: (served) => seen.push(served) })
    expect(server.roots).toEqual([root])
    expect(server.multiaddrs[0]).toMatch(new RegExp(`^/ip4/127.0.0.1/tcp/[0-9]+/ws/p2p/${server.peerId}$`))

    const { requester, status } = await connect(server.multiaddrs[0]!)
    expect(status).toMatchObject({ chainId: 5, roots: [{ root, blockNumber: 7 }] })
    const top = { path: ROOT_PATH, hash: root }
    const [run] = await requester.getNodes(root, [{ ...top, maxNodes: 0 }], MIB)
    expect(run).toEqual(await source.run(root, top, 0, MIB))
    const key = pathOfKey(keccak256(descriptions[3]!.address))
    const [path] = await requester.getPaths(root, [{ ...top, key }], MIB)
    expect(path).toEqual(await source.path(root, top, key))
    const { code } = descriptions.find((account) => account.code !== undefined)!
    expect(await requester.getCode([keccak256(code!)], MIB)).toEqual([code])

    expect(seen.map(({ kind, bytes }) => [kind, bytes.length])).toEqual([
      ['run', run!.length],
      ['path', path!.length],
      ['code', code!.length],
    ])
    expect(server.stats()).toMatchObject({ peers: 1, requests: 3, codes: 1, headers: 0 })
    expect(server.stats().nodes).toBeGreaterThan(source.info.nodes)
    expect(server.stats().bytesSent).toBeGreaterThan(run!.length)
  })

  test('default: answers for the headers of its states, and for those that it is given', async () => {
    const records = recordsOf([new SyntheticState(1).account(0)])
    const own = Uint8Array.of(0xc1, 1)
    const { database, info } = await importInto({ records, header: () => own })
    const source = await LevelSource.open(database, info)
    const given = [Uint8Array.of(0xc1, 2), Uint8Array.of(0xc1, 3)]
    const seen: Served[] = []
    const sources = [(await sourceOf(5)).source, source].map((each) => ({ root: each.root, source: each }))
    const throttleBytesPerSecond = 1_000_000
    const server = await start({
      sources,
      headers: given,
      throttleBytesPerSecond,
      onServed: (served) => seen.push(served),
    })
    const { requester } = await connect(server.multiaddrs[0]!)
    const hashes = [given[1]!, own, Uint8Array.of(0xc1, 4), given[0]!].map(keccak256)
    expect(await requester.getHeader(hashes, MIB)).toEqual([given[1], own, new Uint8Array(), given[0]])
    expect(seen.map(({ kind, bytes }) => [kind, bytes.length])).toEqual([2, 2, 0, 2].map((bytes) => ['header', bytes]))
    expect(server.stats()).toMatchObject({ requests: 1, nodes: 0, headers: 3 })
  })

  test('behavior: serves many roots', async () => {
    const states = [await sourceOf(20, 1), await sourceOf(20, 2)]
    const server = await start({ sources: states.map(({ source }) => ({ root: source.root, source })) })
    const { requester, status } = await connect(server.multiaddrs[0]!)
    expect(status.roots.map(({ root }) => root)).toEqual(server.roots)
    for (const root of server.roots) {
      const [run] = await requester.getNodes(root, [{ path: ROOT_PATH, hash: root, maxNodes: 1 }], MIB)
      expect(keccak256(run!)).toEqual(root)
    }
  })

  test('behavior: close ends the connections, and may be called twice', async () => {
    const { source } = await sourceOf(20)
    const server = await start({ sources: [{ root: source.root, source }] })
    const { requester } = await connect(server.multiaddrs[0]!)
    const ended = requester.getNodes(source.root, [{ path: ROOT_PATH, hash: source.root, maxNodes: 1 }], MIB)
    await ended
    await server.close()
    await server.close()
    const asked = requester.getNodes(source.root, [{ path: ROOT_PATH, hash: source.root, maxNodes: 1 }], MIB)
    await expect(asked).rejects.toMatchObject({ code: 'disconnected' })
  })

  test('options: a private key makes the peer id stay the same', async () => {
    const { source } = await sourceOf(5)
    const options = { sources: [{ root: source.root, source }], privateKey: await createPrivateKey() }
    const [first, second] = [await start(options), await start(options)]
    expect(first.peerId).toBe(second.peerId)
    expect((await start({ sources: options.sources })).peerId).not.toBe(first.peerId)
  })

  test('options: limits: a stream beyond those that may be is reset', async () => {
    const { source } = await sourceOf(5)
    const server = await start({ sources: [{ root: source.root, source }], limits: { streams: 1 } })
    await connect(server.multiaddrs[0]!)
    await expect(connect(server.multiaddrs[0]!)).rejects.toThrow()
    expect(server.stats()).toMatchObject({ peers: 1, refusals: 1, violations: 0 })
  })

  test('options: connectionLimits: a host that connects once more than it may has no connection', async () => {
    const { source } = await sourceOf(5)
    const sources = [{ root: source.root, source }]
    const server = await start({ sources, connectionLimits: { connectionsPerHost: 2 } })
    await connect(server.multiaddrs[0]!)
    await expect(connect(server.multiaddrs[0]!)).rejects.toThrow()
    expect(server.stats()).toMatchObject({ peers: 1, refusals: 0 })
  })

  test('error: badMultiaddr and addressInUse', async () => {
    const { source } = await sourceOf(5)
    const sources = [{ root: source.root, source }]
    await expect(startServer({ sources, listen: ['localhost:80'] })).rejects.toMatchObject({ code: 'badMultiaddr' })
    const server = await start({ sources })
    const listen = [server.multiaddrs[0]!.replace(/\/p2p\/.*/, '')]
    await expect(startServer({ sources, listen })).rejects.toMatchObject({ code: 'addressInUse' })
  })

  test('behavior: a root that is not served is answered with nothing', async () => {
    const { source } = await sourceOf(5)
    const server = await start({ sources: [{ root: source.root, source }] })
    const { requester } = await connect(server.multiaddrs[0]!)
    const other = hexToBytes('11'.repeat(32))
    expect(await requester.getNodes(other, [{ path: ROOT_PATH, hash: other, maxNodes: 0 }], MIB)).toEqual([
      new Uint8Array(),
    ])
  })

  test('behavior: a state that turns out to be damaged is not claimed any more, and the others are served on', async () => {
    const [whole, damaged] = [await sourceOf(200, 1), await sourceOf(200, 2)]
    const { database, info } = damaged
    const [first] = await database.blockStarts(info.id)
    const block = Uint8Array.from((await database.block(info.id, first!))!)
    block[block.length - 1]! ^= 1
    await database.write([{ type: 'put', key: blockKey(info.id, first!), value: block }])
    const told: unknown[] = []
    const statuses: number[] = []
    const sources = [whole, damaged].map(({ source }) => ({ root: source.root, source }))
    const server = await start({ sources, onDamage: (error) => told.push(error) })
    const { requester } = await connect(server.multiaddrs[0]!, ({ roots }) => statuses.push(roots.length))
    const ask = async ({ root }: LevelSource) =>
      (await requester.getNodes(root, [{ path: ROOT_PATH, hash: root, maxNodes: 1 }], MIB))[0]!
    expect(await ask(damaged.source)).toHaveLength(0)
    expect(statuses).toEqual([2, 1]) // before the empty answer
    expect(told).toMatchObject([{ code: 'damagedState', details: { root: info.root } }])
    expect(await ask(damaged.source)).toHaveLength(0)
    expect(told).toHaveLength(1)
    expect(server.roots).toEqual([whole.source.root])
    expect((await connect(server.multiaddrs[0]!)).status.roots.map(({ root }) => root)).toEqual([whole.source.root])
    expect(keccak256(await ask(whole.source))).toEqual(whole.source.root)
  })
})
