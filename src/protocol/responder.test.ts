import { concatBytes } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import type { Clock } from '../runtime/clock.ts'
import { ManualClock, settle } from '../testing/manual-clock.ts'
import { createWirePair } from '../testing/memory-wire.ts'
import type { NodeSource, Ref } from '../trie/node-source.ts'
import { type Path, ROOT_PATH } from '../trie/path.ts'
import { Admission } from './admission.ts'
import {
  GREETING_MS,
  MAX_CODE_BYTES,
  MAX_HEADER_BYTES,
  MAX_SERVING_MS,
  MESSAGE_MS,
  SENDING_MS,
  SERVED_AT_ONCE,
} from './constants.ts'
import { encodeAnswer, encodeRequest, encodeStatus } from './encode.ts'
import type { ProtocolError, RefusalError } from './error.ts'
import { type Answer, DEFAULT_LIMITS, type Limits, type Request, type Status } from './messages.ts'
import { Requester } from './requester.ts'
import { Responder, type ResponderOptions } from './responder.ts'
import { DEFAULT_SERVING_LIMITS, type ServingLimits } from './serving-limits.ts'
import type { Wire, WireHandler } from './wire.ts'

const ROOT = new Uint8Array(32).fill(1)
const OTHER_ROOT = new Uint8Array(32).fill(2)
const STATUS: Status = { chainId: 1, roots: [], limits: DEFAULT_LIMITS }
const NODE_BYTES = 10
const coded = (code: string) => expect.objectContaining({ code })
const refAt = (path: string, maxNodes = 0) => ({ path: path as Path, hash: ROOT, maxNodes })

/**
 * Has 100 nodes below each path, except paths beginning with f. The first byte of a hash sets the size of its code or
 * header.
 */
const fakeSource: NodeSource = {
  has: (root) => root[0] === 1,
  async run(_root, ref: Ref, maxNodes, maxBytes) {
    if (ref.path.startsWith('f')) return new Uint8Array()
    const nodes = Math.min(maxNodes === 0 ? 100 : maxNodes, Math.max(1, Math.ceil(maxBytes / NODE_BYTES)))
    return new Uint8Array(nodes * NODE_BYTES).fill(0x80)
  },
  path: async (_root, ref, key) => new Uint8Array(ref.path.startsWith('f') ? 0 : key.length),
  async code([first]) {
    if (first === 0) return undefined
    return new Uint8Array(first === 8 ? MAX_CODE_BYTES : first === 9 ? MAX_CODE_BYTES + 1 : 20)
  },
  async header([first]) {
    if (first === 0) return undefined
    return new Uint8Array(first === 8 ? MAX_HEADER_BYTES : first === 9 ? MAX_HEADER_BYTES + 1 : 600)
  },
}

function setUp(options: Partial<ResponderOptions> = {}) {
  const [ours, theirs] = createWirePair()
  const violations: ProtocolError[] = []
  const failures: unknown[] = []
  const served: Answer[] = []
  const refusals: RefusalError[] = []
  let closed = 0
  const responder = new Responder({
    wire: ours,
    source: fakeSource,
    status: STATUS,
    onViolation: (error) => violations.push(error),
    onRefusal: (error) => refusals.push(error),
    onFailure: (error) => failures.push(error),
    onServed: (answer) => served.push(answer),
    onClose: () => closed++,
    ...options,
  })
  responder.start()
  return { responder, theirs, violations, refusals, failures, served, closed: () => closed }
}

/** Connects a responder to a well-behaved requester. */
async function connect(options: Partial<ResponderOptions> = {}) {
  const peer = setUp(options)
  const requester = new Requester({ wire: peer.theirs, status: STATUS })
  await requester.start()
  return { ...peer, requester }
}

/** Sends a Status and `requests` to a responder, as its only peer. Resolves when the wire has ended. */
async function sendTo(theirs: Wire, requests: Request[]): Promise<void> {
  const ended = new Promise<void>((resolve) => theirs.open({ onChunk: () => {}, onClose: () => resolve() }))
  await theirs.send([...encodeStatus(STATUS), ...requests.flatMap(encodeRequest)])
  await ended
}

/** Resolves when every pending microtask has run. */
const settled = () => new Promise<void>((resolve) => setTimeout(resolve, 0))
const sizes = (items: Uint8Array[]) => items.map(({ length }) => length)
const admittedOf = (clock: Clock, limits: Partial<ServingLimits>, peerId = 'peer') =>
  new Admission({ ...DEFAULT_SERVING_LIMITS, ...limits }, clock).admit({ peerId })
const limited = (limits: Partial<Limits>): Status => ({ ...STATUS, limits: { ...DEFAULT_LIMITS, ...limits } })
const getNodes = (id: number, count = 1): Request => {
  return { kind: 'getNodes', id, root: ROOT, maxBytes: 1, refs: new Array(count).fill(refAt('')) }
}

describe('Responder', () => {
  test('default: answers with a run for each ref, in order, empty where the source has none', async () => {
    const { requester, served } = await connect()
    const runs = await requester.getNodes(ROOT, [refAt('a'), refAt('f'), refAt('b', 1)], 100_000)
    expect(sizes(runs)).toEqual([1000, 0, 10])
    expect(served.map(({ kind, items }) => [kind, items.length])).toEqual([['nodes', 3]])
  })

  test('behavior: stops when the budget is used up', async () => {
    const { requester } = await connect()
    expect(sizes(await requester.getNodes(ROOT, [refAt('a'), refAt('b'), refAt('c')], 1500))).toEqual([1000, 500])
    expect(sizes(await requester.getNodes(ROOT, [refAt('a'), refAt('b'), refAt('c')], 1001))).toEqual([1000, 10])
    expect(sizes(await requester.getNodes(ROOT, [refAt('a'), refAt('b')], 1000))).toEqual([1000])
  })

  test('behavior: the first ref gets a node, whatever the budget', async () => {
    const { requester } = await connect()
    expect(sizes(await requester.getNodes(ROOT, [refAt('a'), refAt('b')], 1))).toEqual([10])
  })

  test('behavior: cuts budgets down to its own', async () => {
    const { requester } = await connect({ status: limited({ maxResponseBytes: 1200 }) })
    expect(sizes(await requester.getNodes(ROOT, [refAt('a'), refAt('b'), refAt('c')], 9999))).toEqual([1000, 200])
  })

  test('behavior: an unknown root gives an empty run for each ref', async () => {
    const { requester } = await connect()
    expect(sizes(await requester.getNodes(OTHER_ROOT, [refAt('a'), refAt('b')], 1000))).toEqual([0, 0])
    const ways = ['a', 'b'].map((nibble) => ({ ...refAt(nibble), key: nibble.repeat(64) as Path }))
    expect(sizes(await requester.getPaths(OTHER_ROOT, ways, 1000))).toEqual([0, 0])
  })

  test('default: answers with ways, codes and headers', async () => {
    const { requester } = await connect()
    const ways = ['a', 'f', 'b'].map((nibble) => ({ ...refAt(nibble), key: nibble.repeat(64) as Path }))
    expect(sizes(await requester.getPaths(ROOT, ways, 1000))).toEqual([64, 0, 64])
    expect(sizes(await requester.getPaths(ROOT, ways, 64))).toEqual([64])
    const hashes = [ROOT, new Uint8Array(32), OTHER_ROOT]
    expect(sizes(await requester.getCode(hashes, 1000))).toEqual([20, 0, 20])
    expect(sizes(await requester.getCode(hashes, 20))).toEqual([20])
    expect(sizes(await requester.getHeader(hashes, 1000))).toEqual([600, 0, 600])
    expect(sizes(await requester.getHeader(hashes, 600))).toEqual([600])
  })

  test('behavior: does not have a code, or a header, that is larger than an answer may carry', async () => {
    const { requester } = await connect()
    const hashes = [9, 8, 7].map((first) => new Uint8Array(32).fill(first))
    expect(sizes(await requester.getCode(hashes, 1000))).toEqual([0, MAX_CODE_BYTES])
    expect(sizes(await requester.getHeader(hashes, 1000))).toEqual([0, MAX_HEADER_BYTES])
  })

  test('behavior: a source without headers has none', async () => {
    const { header: _, ...source } = fakeSource
    const { requester } = await connect({ source })
    expect(sizes(await requester.getHeader([ROOT, OTHER_ROOT], 1000))).toEqual([0, 0])
  })

  test('behavior: ways, codes and headers are read ahead of nodes that were asked for before them', async () => {
    const kinds: string[] = []
    const { requester } = await connect({
      admitted: admittedOf(new ManualClock(), { servedAtOnce: 1 }),
      onServed: ({ kind }) => kinds.push(kind),
    })
    const nodes = () => requester.getNodes(ROOT, [refAt('a')], 1)
    await Promise.all([
      ...[nodes(), nodes(), nodes()],
      requester.getPaths(ROOT, [{ ...refAt('a'), key: 'a'.repeat(64) as Path }], 1),
      requester.getCode([ROOT], 1),
      requester.getHeader([ROOT], 1),
    ])
    expect(kinds).toEqual(['nodes', 'paths', 'code', 'header', 'nodes', 'nodes'])
  })

  test('behavior: stops reading when an answer has taken too long', async () => {
    const clock = new ManualClock()
    const slowSource = {
      ...fakeSource,
      async run() {
        clock.advance(MAX_SERVING_MS / 2)
        return new Uint8Array(NODE_BYTES)
      },
    }
    const { requester } = await connect({ source: slowSource, clock })
    const refs = ['a', 'b', 'c', 'd'].map((path) => refAt(path))
    expect(sizes(await requester.getNodes(ROOT, refs, 100_000))).toEqual([10, 10])
  })

  test(`behavior: serves ${SERVED_AT_ONCE} requests at once, and all of them`, async () => {
    const waiting: (() => void)[] = []
    const held = { ...fakeSource, run: () => new Promise<Uint8Array>((go) => waiting.push(() => go(ROOT))) }
    const { requester } = await connect({ source: held })
    const answers = Array.from({ length: 10 }, () => requester.getNodes(ROOT, [refAt('a')], 1))
    for (let left = 10; left > 0; left -= SERVED_AT_ONCE) {
      await expect.poll(() => waiting.length).toBe(Math.min(left, SERVED_AT_ONCE))
      for (const go of waiting.splice(0)) go()
    }
    expect(await Promise.all(answers)).toHaveLength(10)
  })

  test('options: a peer that asks faster than it may waits', async () => {
    const clock = new ManualClock()
    const { requester, served } = await connect({
      clock,
      admitted: admittedOf(clock, { requests: { perSecond: 2, burst: 2 } }),
    })
    const answers = Array.from({ length: 4 }, () => requester.getNodes(ROOT, [refAt('a')], 1))
    await Promise.all(answers.slice(0, 2))
    expect(served).toHaveLength(2)
    clock.advance(500)
    await answers[2]
    clock.advance(500)
    expect(await Promise.all(answers)).toHaveLength(4)
  })

  test('behavior: a closed responder leaves no timer', async () => {
    const clock = new ManualClock()
    const admitted = admittedOf(clock, { requests: { perSecond: 1, burst: 1 } })
    const { requester, responder, closed } = await connect({ clock, admitted })
    const answers = [1, 2].map(() => requester.getNodes(ROOT, [refAt('a')], 1))
    await answers[0]
    await settle()
    expect(clock.pending).toHaveLength(1)
    responder.close()
    responder.close()
    await expect(answers[1]).rejects.toEqual(coded('disconnected'))
    expect(clock.pending).toHaveLength(0)
    expect(closed()).toBe(1)
  })

  test('behavior: an answer that is ready after the end goes nowhere', async () => {
    let go = (_: Uint8Array) => {}
    const held = { ...fakeSource, run: () => new Promise<Uint8Array>((resolve) => (go = resolve)) }
    const { requester, responder, served, failures } = await connect({ source: held })
    const answer = requester.getNodes(ROOT, [refAt('a')], 1)
    await expect.poll(() => requester.openRequests).toBe(1)
    responder.close()
    await expect(answer).rejects.toEqual(coded('disconnected'))
    go(ROOT)
    await settled()
    expect([served, failures]).toEqual([[], []])
  })

  test('behavior: an answered request makes room for another', async () => {
    const { requester, violations } = await connect({ status: limited({ maxOpenRequests: 2 }) })
    for (let i = 0; i < 5; i++) {
      const pair = [refAt('a'), refAt('b')].map((ref) => requester.getNodes(ROOT, [ref], 1))
      expect(await Promise.all(pair)).toHaveLength(2)
    }
    expect(violations).toEqual([])
  })

  test('behavior: says a new Status, whose limits hold', async () => {
    const { requester, responder } = await connect()
    responder.sendStatus(limited({ maxRefs: 1 }))
    await expect.poll(() => requester.theirStatus?.limits.maxRefs).toBe(1)
    expect(await requester.getNodes(ROOT, [refAt('a'), refAt('b')], 100_000)).toHaveLength(1)
  })

  test('error: a source that fails ends the stream and blames nobody', async () => {
    const broken = { ...fakeSource, run: () => Promise.reject(new Error('disk')) }
    const { requester, violations, failures, closed } = await connect({ source: broken })
    await expect(requester.getNodes(ROOT, [refAt('a')], 1)).rejects.toEqual(coded('disconnected'))
    expect(failures).toEqual([new Error('disk')])
    expect(violations).toEqual([])
    expect(closed()).toBe(1)
  })

  test('error: tooManyItems: more refs or hashes than its Status allows', async () => {
    const refs = setUp({ status: limited({ maxRefs: 2 }) })
    await sendTo(refs.theirs, [getNodes(1, 3)])
    expect(refs.violations).toEqual([coded('tooManyItems')])
    const hashes = setUp({ status: limited({ maxHashes: 1 }) })
    await sendTo(hashes.theirs, [{ kind: 'getCode', id: 1, maxBytes: 1, hashes: [ROOT, ROOT] }])
    expect(hashes.violations).toEqual([coded('tooManyItems')])
    const headers = setUp({ status: limited({ maxHashes: 1 }) })
    await sendTo(headers.theirs, [{ kind: 'getHeader', id: 1, maxBytes: 1, hashes: [ROOT, ROOT] }])
    expect(headers.violations).toEqual([coded('tooManyItems')])
  })

  test('error: tooManyOpenRequests: more of them than its Status allows', async () => {
    const { theirs, violations, closed } = setUp({ status: limited({ maxOpenRequests: 2 }) })
    await sendTo(theirs, [getNodes(1), getNodes(2), getNodes(3)])
    expect(violations).toEqual([coded('tooManyOpenRequests')])
    expect(closed()).toBe(1)
  })

  test('behavior: what comes together with a violation is not read from the source', async () => {
    let reads = 0
    const run = async () => new Uint8Array(++reads)
    const { theirs, violations } = setUp({ status: limited({ maxOpenRequests: 2 }), source: { ...fakeSource, run } })
    const requests = [1, 2, 3].flatMap((id) => encodeRequest(getNodes(id)))
    theirs.open({ onChunk: () => {}, onClose: () => {} })
    await theirs.send([concatBytes(...encodeStatus(STATUS), ...requests)])
    await settle()
    expect(violations).toEqual([coded('tooManyOpenRequests')])
    expect(reads).toBe(0)
  })

  test('error: duplicateRequest: an id that is still open', async () => {
    const { theirs, violations } = setUp({ source: { ...fakeSource, run: () => new Promise(() => {}) } })
    await sendTo(theirs, [getNodes(1), getNodes(1)])
    expect(violations).toEqual([coded('duplicateRequest')])
  })

  test.each<[string, string, Uint8Array[]]>([
    ['unexpectedMessage', 'an answer', [...encodeStatus(STATUS), ...encodeAnswer({ kind: 'nodes', id: 1, items: [] })]],
    ['statusExpected', 'a request before the Status', encodeRequest(getNodes(1))],
    ['malformedMessage', 'garbage', [Uint8Array.of(1, 0x80)]],
    ['frameTooLarge', 'a frame that only an answer may have', [Uint8Array.of(0x81, 0x80, 0x10)]],
  ])('error: %s: %s', async (code, _, bytes) => {
    const { theirs, violations } = setUp()
    const ended = new Promise<void>((resolve) => theirs.open({ onChunk: () => {}, onClose: () => resolve() }))
    await theirs.send(bytes)
    await ended
    expect(violations).toEqual([coded(code)])
  })
})

describe('Responder and peers that take their time', () => {
  const STATUS_BYTES = concatBytes(...encodeStatus(STATUS))
  const REQUEST_BYTES = concatBytes(...encodeRequest(getNodes(1)))

  function setUpSlow(wire?: Wire) {
    const clock = new ManualClock()
    const peer = setUp({ clock, ...(wire === undefined ? {} : { wire }) })
    let ends = 0
    peer.theirs.open({ onChunk: () => {}, onClose: () => ends++ })
    const say = async (...bytes: Uint8Array[]) => {
      for (const piece of bytes) await peer.theirs.send([piece])
      await settle()
    }
    return { ...peer, clock, say, ends: () => ends }
  }

  test('error: noStatus: a peer that opens a stream and says nothing', async () => {
    const { clock, refusals, violations, closed, ends } = setUpSlow()
    await clock.pass(GREETING_MS - 1)
    expect(closed()).toBe(0)
    await clock.pass(1)
    expect([refusals, violations, closed()]).toEqual([[coded('noStatus')], [], 1])
    await settle()
    expect([ends(), clock.pending]).toEqual([1, []])
  })

  test('behavior: a peer that has greeted may be silent for ever', async () => {
    const { clock, say, closed } = setUpSlow()
    await say(STATUS_BYTES)
    expect(clock.pending).toEqual([])
    await clock.pass(3_600_000)
    expect(closed()).toBe(0)
  })

  test('error: slowMessage: a message that comes byte by byte', async () => {
    const { clock, say, refusals } = setUpSlow()
    await say(STATUS_BYTES)
    for (const byte of REQUEST_BYTES) {
      await say(Uint8Array.of(byte))
      await clock.pass(1_000)
      if (refusals.length > 0) break
    }
    expect(refusals).toEqual([coded('slowMessage')])
    expect(clock.now()).toBe(MESSAGE_MS)
  })

  test('behavior: each message has its own time', async () => {
    const { clock, say, closed, served } = setUpSlow()
    await say(STATUS_BYTES)
    const messages = Array.from({ length: 9 }, (_, i) => concatBytes(...encodeRequest(getNodes(i + 1))))
    await say(messages[0]!.subarray(0, 20))
    // The end of each message comes with the beginning of the next.
    for (const [i, message] of messages.entries()) {
      await clock.pass(MESSAGE_MS - 1)
      await say(concatBytes(message.subarray(20), messages[i + 1]?.subarray(0, 20) ?? new Uint8Array()))
    }
    expect([served.length, closed(), clock.pending]).toEqual([9, 0, []])
  })

  test('error: slowReader: a peer that asks and does not read', async () => {
    const wire = new StuckWire()
    const clock = new ManualClock()
    const { refusals, served, closed } = setUp({ wire, clock })
    wire.receive(
      STATUS_BYTES,
      ...Array.from({ length: 16 }, (_, id) => concatBytes(...encodeRequest(getNodes(id + 1)))),
    )
    await clock.pass(SENDING_MS - 1)
    expect([served.length, closed()]).toEqual([SERVED_AT_ONCE, 0])
    await clock.pass(1)
    expect([refusals, closed(), wire.aborted]).toEqual([[coded('slowReader')], 1, 'an answer was not taken in time'])
    await settle()
    expect([served.length, clock.pending]).toEqual([SERVED_AT_ONCE, []])
  })
})

/** A wire with a peer that never reads: sent frames wait until the end. */
class StuckWire implements Wire {
  aborted = ''
  readonly #waiting: (() => void)[] = []
  #handler: WireHandler | undefined

  open(handler: WireHandler): void {
    this.#handler = handler
  }
  receive(...chunks: Uint8Array[]): void {
    for (const chunk of chunks) this.#handler?.onChunk(chunk)
  }
  send(): Promise<void> {
    return new Promise((_, reject) => this.#waiting.push(() => reject(new Error('the wire has ended'))))
  }
  close(): void {
    for (const reject of this.#waiting.splice(0)) reject()
  }
  abort({ message }: Error): void {
    this.aborted = message
    this.close()
  }
}

describe('Responder and Requester', () => {
  test('behavior: count the same bytes', async () => {
    const { requester, responder } = await connect()
    await requester.getNodes(ROOT, [{ ...refAt('a'), path: ROOT_PATH }], 100_000)
    expect(requester.bytesReceived).toBe(responder.bytesSent)
    expect(responder.bytesSent).toBeGreaterThan(1000)
  })
})
