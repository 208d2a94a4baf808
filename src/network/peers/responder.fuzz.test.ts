/**
 * Random bytes from strangers to a responder behind a real libp2p stream: in memory for most rounds, over a WebSocket
 * for some. The stream must end in an orderly way or with a coded error, and the next peer must get an answer. Seeded;
 * a failure prints the seed of its round.
 */
import { streamPair } from '@libp2p/utils'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { ProtocolError, RefusalError } from '../../protocol/error.ts'
import { EVERYTHING, statusOf } from '../../protocol/messages.ts'
import { Requester } from '../../protocol/requester.ts'
import { Responder } from '../../protocol/responder.ts'
import { ended, HostileClient, openStream } from '../../testing/hostile/hostile-client.ts'
import { say, speech } from '../../testing/hostile/speech.ts'
import { seededRandom } from '../../testing/random.ts'
import type { NodeSource } from '../../trie/node-source.ts'
import { ROOT_PATH } from '../../trie/path.ts'
import { createListeningNode } from '../libp2p/listening-node.ts'
import { installPromiseWithResolvers } from '../libp2p/promise-with-resolvers.ts'
import { StreamWire } from '../libp2p/stream-wire.ts'
import { serve } from './serve.ts'

/** Enough for each code to come up; more with `ROUNDS=5000`. */
const ROUNDS = Number(process.env['ROUNDS'] ?? 1_500)
const SOCKET_ROUNDS = ROUNDS / 15
const ROOT = new Uint8Array(32).fill(0xaa)
const OWN = statusOf(1, [{ root: ROOT, blockNumber: 1, coverage: EVERYTHING }])
const CODE =
  /^(malformedMessage|frameTooLarge|tooManyItems|unknownMessage|unsupportedVersion|statusExpected|unexpectedMessage|duplicateRequest|tooManyOpenRequests|tooManyStatuses)$/

const source: NodeSource = {
  has: (root) => root[0] === 0xaa,
  run: async (_root, _ref, maxNodes, maxBytes) =>
    new Uint8Array(Math.min(maxNodes || 100, Math.ceil(maxBytes / 10)) * 10).fill(0x80),
  path: async (_root, _ref, key) => new Uint8Array(key.length),
  code: async ([first]) => (first === 0 ? undefined : new Uint8Array(20)),
  header: async ([first]) => (first === 0 ? undefined : new Uint8Array(600)),
}

const { stackTraceLimit } = Error
beforeAll(() => {
  installPromiseWithResolvers()
  // Node 20 has no WebSocket to dial with.
  Object.assign(globalThis, { WebSocket })
  // Stack traces would take most of a round's time.
  Error.stackTraceLimit = 0
})
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit
})

describe('Responder', () => {
  test(`behavior: ${ROUNDS} streams end, in an orderly way or with a code`, async () => {
    const codes = new Map<string, number>()
    for (let seed = 1; seed <= ROUNDS; seed++) {
      const random = seededRandom(seed)
      const [outbound, inbound] = await streamPair()
      outbound.addEventListener('message', () => {})
      const code = await new Promise<string>((resolve) => {
        let how = 'orderly'
        const responder = new Responder({
          wire: new StreamWire(inbound),
          source,
          status: OWN,
          onViolation: (error) => {
            how = error.code
          },
          onRefusal: (error) => {
            how = error.code
          },
          onFailure: (error) => {
            how = `seed ${seed}: ${String(error)}`
          },
          onClose: () => resolve(how),
        })
        responder.start()
        say(outbound, speech(ROOT, random), random)
      })
      codes.set(code, (codes.get(code) ?? 0) + 1)
    }
    expect([...codes.keys()].filter((code) => code !== 'orderly' && !CODE.test(code))).toEqual([])
    expect(codes.get('orderly')).toBeGreaterThan(ROUNDS / 100)
    expect(codes.get('malformedMessage')).toBeGreaterThan(ROUNDS / 10)
  }, 300_000)

  test(`behavior: ${SOCKET_ROUNDS} streams over WebSockets end, and an honest one is answered`, async () => {
    const node = await createListeningNode({
      listen: ['/ip4/127.0.0.1/tcp/0/ws'],
      connectionLimits: { connectionsPerHost: 1_000_000 },
    })
    const errors: unknown[] = []
    await serve({
      node,
      source,
      status: OWN,
      onViolation: (error) => errors.push(error),
      onRefusal: (error) => errors.push(error),
      onFailure: (error) => errors.push(error),
    })
    const client = await HostileClient.create()
    const address = String(node.getMultiaddrs()[0])
    let connection = await client.dial(address)
    for (let seed = 1; seed <= SOCKET_ROUNDS; seed++) {
      const random = seededRandom(seed)
      const before = errors.length
      const stream = await openStream(connection)
      stream.addEventListener('message', () => {})
      say(stream, speech(ROOT, random), random)
      await ended(stream)
      if (errors.length === before) continue
      // A violation ends the connection as well.
      await ended(connection)
      connection = await client.dial(address)
    }
    expect(errors.filter((error) => !(error instanceof ProtocolError || error instanceof RefusalError))).toEqual([])
    expect(errors.length).toBeGreaterThan(SOCKET_ROUNDS / 4)
    const requester = new Requester({ wire: new StreamWire(await openStream(connection)), status: statusOf(1) })
    await requester.start()
    expect(await requester.getNodes(ROOT, [{ path: ROOT_PATH, hash: ROOT, maxNodes: 1 }], 100)).toHaveLength(1)
    await client.stop()
    await node.stop()
  }, 300_000)
})
