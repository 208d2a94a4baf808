import { concatBytes } from '@noble/hashes/utils.js'
import { describe, expect, test, vi } from 'vitest'
import { createWirePair } from '../testing/memory-wire.ts'
import { ROOT_PATH } from '../trie/path.ts'
import { MAX_CODE_BYTES, MAX_HEADER_BYTES, MAX_OPEN_REQUESTS, NODE_SLACK_BYTES, PATH_SLACK_BYTES } from './constants.ts'
import { decodeMessage } from './decode.ts'
import { encodeAnswer, encodeRequest, encodeStatus } from './encode.ts'
import type { ProtocolError } from './error.ts'
import { FrameSplitter } from './frames.ts'
import { type Answer, DEFAULT_LIMITS, type Limits, type Message, type Status } from './messages.ts'
import { Requester, type RequesterOptions } from './requester.ts'

const ROOT = new Uint8Array(32).fill(1)
const REF = { path: ROOT_PATH, hash: ROOT, maxNodes: 0 }
const WAY = { path: ROOT_PATH, hash: ROOT, key: 'ab'.repeat(32) as typeof ROOT_PATH }
const STATUS: Status = { chainId: 1, roots: [], limits: DEFAULT_LIMITS }
const RUN = Uint8Array.of(0xc1, 0x80)
const coded = (code: string) => expect.objectContaining({ code })

/** Returns a requester, and a peer sending exactly the messages of the test. */
function setUp(limits: Partial<Limits> = {}, options: Pick<RequesterOptions, 'maxOpenBytes' | 'onRoom'> = {}) {
  const [ours, theirs] = createWirePair()
  const received: Message[] = []
  const violations: ProtocolError[] = []
  const closed: string[] = []
  const statuses: Status[] = []
  const splitter = new FrameSplitter(2 ** 24)
  theirs.open({
    onChunk: (chunk) => splitter.push(chunk, (frame) => received.push(decodeMessage(frame))),
    onClose: () => closed.push('theirs'),
  })
  const requester = new Requester({
    wire: ours,
    status: STATUS,
    ...options,
    onStatus: (status) => statuses.push(status),
    onViolation: (error) => violations.push(error),
    onClose: () => closed.push('ours'),
  })
  const say = (pieces: Uint8Array[]) => theirs.send([concatBytes(...pieces)])
  const answer = (id: number, items: Uint8Array[], kind: Answer['kind'] = 'nodes') =>
    say(encodeAnswer({ kind, id, items }))
  const greet = async () => {
    const status = requester.start()
    await say(encodeStatus({ ...STATUS, limits: { ...DEFAULT_LIMITS, ...limits } }))
    await status
  }
  return { requester, theirs, received, violations, closed, statuses, say, answer, greet }
}

describe('Requester', () => {
  test('default: sends its Status first, and asks with ids of its own', async () => {
    const { requester, received, answer, greet } = setUp()
    await greet()
    const runs = requester.getNodes(ROOT, [REF, REF], 1000)
    const ways = requester.getPaths(ROOT, [WAY], 2000)
    const codes = requester.getCode([ROOT], 3000)
    const headers = requester.getHeader([ROOT], 4000)
    await answer(4, [Uint8Array.of(0xc0)], 'header')
    await answer(3, [Uint8Array.of(0x60)], 'code')
    await answer(1, [RUN])
    await answer(2, [new Uint8Array()], 'paths')
    expect(await Promise.all([runs, ways, codes])).toEqual([[RUN], [new Uint8Array()], [Uint8Array.of(0x60)]])
    expect(await headers).toEqual([Uint8Array.of(0xc0)])
    expect(received).toEqual([
      { kind: 'status', status: STATUS },
      { kind: 'getNodes', id: 1, root: ROOT, maxBytes: 1000, refs: [REF, REF] },
      { kind: 'getPaths', id: 2, root: ROOT, maxBytes: 2000, refs: [WAY] },
      { kind: 'getCode', id: 3, maxBytes: 3000, hashes: [ROOT] },
      { kind: 'getHeader', id: 4, maxBytes: 4000, hashes: [ROOT] },
    ])
    expect(requester.openRequests).toBe(0)
  })

  test('options: no more bytes on their way, those included that nobody waits for; the first request may ask for any', async () => {
    const { requester, greet, answer } = setUp({}, { maxOpenBytes: 2000 })
    await greet()
    const abort = new AbortController()
    const first = requester.getNodes(ROOT, [REF], 1500, abort.signal)
    abort.abort()
    await expect(first).rejects.toEqual(coded('aborted'))
    await expect(requester.getNodes(ROOT, [REF], 501)).rejects.toEqual(coded('tooManyRequests'))
    const second = requester.getNodes(ROOT, [REF], 500)
    await answer(1, [RUN])
    await answer(3, [RUN])
    expect(await second).toEqual([RUN])
    const large = requester.getNodes(ROOT, [REF], 9000)
    await answer(4, [RUN])
    expect(await large).toEqual([RUN])
  })

  test('behavior: an answer without items, and one with as many bytes as were asked for', async () => {
    const { requester, answer, greet } = setUp()
    await greet()
    const [none, full] = [requester.getNodes(ROOT, [REF], 100), requester.getNodes(ROOT, [REF], 100)]
    await answer(1, [])
    await answer(2, [new Uint8Array(100 + NODE_SLACK_BYTES)])
    expect(await none).toEqual([])
    expect((await full)[0]?.length).toBe(100 + NODE_SLACK_BYTES)
  })

  test('behavior: keeps to the limits of the peer', async () => {
    const { requester, received, greet, answer } = setUp({ maxResponseBytes: 50, maxRefs: 1, maxHashes: 2 })
    await greet()
    const asked = [
      requester.getNodes(ROOT, [REF, REF], 1000),
      requester.getPaths(ROOT, [WAY, WAY], 0),
      requester.getCode([ROOT, ROOT, ROOT], 10),
      requester.getHeader([ROOT, ROOT, ROOT], 99),
    ]
    await answer(1, [])
    await answer(2, [], 'paths')
    await answer(3, [], 'code')
    await answer(4, [], 'header')
    await Promise.all(asked)
    expect(received.slice(1)).toMatchObject([
      { maxBytes: 50, refs: [REF] },
      { maxBytes: 1, refs: [WAY] },
      { maxBytes: 10, hashes: [ROOT, ROOT] },
      { maxBytes: 50, hashes: [ROOT, ROOT] },
    ])
  })

  test('behavior: a later Status replaces the first one', async () => {
    const { requester, greet, say, answer, statuses } = setUp()
    await greet()
    const changed = { ...STATUS, chainId: 5 }
    await say(encodeStatus(changed))
    const runs = requester.getNodes(ROOT, [REF], 1)
    await answer(1, [])
    await runs
    expect(requester.theirStatus).toEqual(changed)
    expect(statuses.map(({ chainId }) => chainId)).toEqual([1, 5])
  })

  test('behavior: an aborted request stays open until its answer comes, which is then ignored', async () => {
    const { requester, answer, greet, violations } = setUp()
    await greet()
    const controller = new AbortController()
    const runs = requester.getNodes(ROOT, [REF], 1000, controller.signal)
    controller.abort()
    await expect(runs).rejects.toEqual(coded('aborted'))
    expect(requester.openRequests).toBe(1)
    const next = requester.getNodes(ROOT, [REF], 1000)
    await answer(1, [RUN])
    await answer(2, [RUN])
    expect(await next).toEqual([RUN])
    expect(requester.openRequests).toBe(0)
    expect(violations).toEqual([])
  })

  test('behavior: a signal that serves many requests does not gather listeners', async () => {
    const { requester, answer, greet } = setUp()
    await greet()
    const { signal } = new AbortController()
    const removed = vi.spyOn(signal, 'removeEventListener')
    const added = vi.spyOn(signal, 'addEventListener')
    const runs = requester.getNodes(ROOT, [REF], 1000, signal)
    await answer(1, [RUN])
    await runs
    expect(removed.mock.calls.map(([, listener]) => listener)).toEqual(added.mock.calls.map(([, listener]) => listener))
  })

  test('error: aborted: a signal that was aborted before sends nothing', async () => {
    const { requester, greet } = setUp()
    await greet()
    await expect(requester.getNodes(ROOT, [REF], 1000, AbortSignal.abort())).rejects.toEqual(coded('aborted'))
    expect(requester.openRequests).toBe(0)
  })

  test('error: tooManyRequests: as many open as the peer allows, those that were aborted included', async () => {
    const { requester, greet, answer } = setUp({ maxOpenRequests: 2 })
    await greet()
    const controller = new AbortController()
    const aborted = requester.getNodes(ROOT, [REF], 1000, controller.signal)
    const open = requester.getNodes(ROOT, [REF], 1000)
    controller.abort()
    await expect(aborted).rejects.toEqual(coded('aborted'))
    await expect(requester.getNodes(ROOT, [REF], 1000)).rejects.toEqual(coded('tooManyRequests'))
    await answer(2, [RUN])
    await open
    void requester.getNodes(ROOT, [REF], 1000).catch(() => {})
    expect(requester.openRequests).toBe(2)
  })

  test('behavior: what goes ahead has the next place, in its order, and bulk has none until then', async () => {
    let rooms = 0
    const { requester, greet, answer, received } = setUp({ maxOpenRequests: 1 }, { onRoom: () => rooms++ })
    await greet()
    const bulk = requester.getNodes(ROOT, [REF], 1000)
    const asked: string[] = []
    const ahead = (name: string, signal?: AbortSignal) =>
      requester.askFirst(() => {
        asked.push(name)
        return requester.getPaths(ROOT, [WAY], 1000)
      }, signal)
    const controller = new AbortController()
    const [first, aborted, second] = [ahead('first'), ahead('aborted', controller.signal), ahead('second')]
    controller.abort()
    await expect(aborted).rejects.toEqual(coded('aborted'))
    expect([asked, requester.hasRoom]).toEqual([[], false])
    await answer(1, [RUN])
    // At the very moment of the answer: bulk sent at once behind the answer comes too late.
    await bulk
    await expect(requester.getNodes(ROOT, [REF], 1000)).rejects.toEqual(coded('tooManyRequests'))
    expect(asked).toEqual(['first'])
    await answer(2, [RUN], 'paths')
    await first
    expect([asked, rooms, requester.hasRoom]).toEqual([['first', 'second'], 0, false])
    await answer(3, [RUN], 'paths')
    await second
    expect([rooms, requester.hasRoom]).toEqual([1, true])
    expect(received.map(({ kind }) => kind)).toEqual(['status', 'getNodes', 'getPaths', 'getPaths'])
  })

  test('error: disconnected: what waits to go ahead when the peer leaves', async () => {
    const { requester, theirs, greet } = setUp({ maxOpenRequests: 1 })
    await greet()
    requester.getNodes(ROOT, [REF], 1000).catch(() => {})
    const ahead = requester.askFirst(() => requester.getPaths(ROOT, [WAY], 1000))
    theirs.close()
    await expect(ahead).rejects.toEqual(coded('disconnected'))
    await expect(requester.askFirst(async () => 1)).rejects.toEqual(coded('disconnected'))
  })

  test('error: tooManyRequests: as many as we leave open ourselves, whatever the peer allows', async () => {
    const { requester, greet } = setUp({ maxOpenRequests: 2 ** 32 - 1 })
    await greet()
    for (let i = 0; i < MAX_OPEN_REQUESTS; i++) void requester.getNodes(ROOT, [REF], 1000).catch(() => {})
    await expect(requester.getNodes(ROOT, [REF], 1000)).rejects.toEqual(coded('tooManyRequests'))
    expect(requester.openRequests).toBe(MAX_OPEN_REQUESTS)
  })

  test('behavior: a request for nothing is answered with nothing, though there is no room for any other', async () => {
    const { requester, greet, received } = setUp({ maxOpenRequests: 1 }, { maxOpenBytes: 1000 })
    await greet()
    const first = requester.getNodes(ROOT, [REF], 1000)
    const asked = [
      requester.getNodes(ROOT, [], 9000),
      requester.getPaths(ROOT, [], 9000),
      requester.getCode([], 9000),
      requester.getHeader([], 9000),
    ]
    expect(await Promise.all(asked)).toEqual([[], [], [], []])
    expect(received).toHaveLength(2)
    requester.close()
    await expect(first).rejects.toEqual(coded('disconnected'))
    await expect(requester.getNodes(ROOT, [], 1000)).rejects.toEqual(coded('disconnected'))
  })

  test('error: disconnected: before the Status of the peer', async () => {
    const { requester } = setUp()
    void requester.start()
    await expect(requester.getNodes(ROOT, [REF], 1000)).rejects.toEqual(coded('disconnected'))
  })

  test.each<[string, (peer: ReturnType<typeof setUp>) => void]>([
    ['the peer leaves', ({ theirs }) => theirs.close()],
    ['the wire breaks', ({ theirs }) => theirs.abort(new Error('broken'))],
    ['we close', ({ requester }) => requester.close()],
  ])('error: disconnected: %s', async (_, end) => {
    const peer = setUp()
    await peer.greet()
    const runs = peer.requester.getNodes(ROOT, [REF], 1000)
    const codes = peer.requester.getCode([ROOT], 1000)
    end(peer)
    await expect(runs).rejects.toEqual(coded('disconnected'))
    await expect(codes).rejects.toEqual(coded('disconnected'))
    await expect(peer.requester.getNodes(ROOT, [REF], 1000)).rejects.toEqual(coded('disconnected'))
    peer.requester.close()
    expect(peer.closed.filter((side) => side === 'ours')).toHaveLength(1)
    expect(peer.violations).toEqual([])
  })

  test('error: disconnected: the peer leaves before its Status', async () => {
    const { requester, theirs } = setUp()
    const status = requester.start()
    theirs.close()
    await expect(status).rejects.toEqual(coded('disconnected'))
  })

  const getNodes = { kind: 'getNodes', id: 1, root: ROOT, maxBytes: 1, refs: [REF] } as const
  test.each<[string, string, Uint8Array[]]>([
    ['an answer to no request', 'unexpectedAnswer', encodeAnswer({ kind: 'nodes', id: 5, items: [] })],
    ['an answer of another kind', 'unexpectedAnswer', encodeAnswer({ kind: 'code', id: 1, items: [] })],
    ['more runs than refs', 'answerTooLarge', encodeAnswer({ kind: 'nodes', id: 1, items: [RUN, RUN] })],
    ['more ways than refs', 'answerTooLarge', encodeAnswer({ kind: 'paths', id: 2, items: [RUN, RUN] })],
    ['more codes than hashes', 'answerTooLarge', encodeAnswer({ kind: 'code', id: 3, items: [RUN, RUN] })],
    ['more headers than hashes', 'answerTooLarge', encodeAnswer({ kind: 'header', id: 4, items: [RUN, RUN] })],
    ['more bytes of nodes', 'answerTooLarge', bytesOf('nodes', 1, 1001 + NODE_SLACK_BYTES)],
    ['more bytes of ways', 'answerTooLarge', bytesOf('paths', 2, 1001 + PATH_SLACK_BYTES)],
    ['more bytes of codes', 'answerTooLarge', bytesOf('code', 3, 1001 + MAX_CODE_BYTES)],
    ['more bytes of headers', 'answerTooLarge', bytesOf('header', 4, 1001 + MAX_HEADER_BYTES)],
    ['a header for a code', 'unexpectedAnswer', encodeAnswer({ kind: 'header', id: 3, items: [RUN] })],
    ['a request', 'unexpectedMessage', encodeRequest(getNodes)],
    ['garbage', 'malformedMessage', [Uint8Array.of(1, 0xc0)]],
    ['a frame that is too large', 'frameTooLarge', [Uint8Array.of(0xff, 0xff, 0xff, 0x7f)]],
    ['a second answer', 'unexpectedAnswer', [1, 1].flatMap((id) => encodeAnswer({ kind: 'nodes', id, items: [] }))],
  ])('error: protocol: %s', async (_, code, bytes) => {
    const { requester, greet, say, violations, closed } = setUp()
    await greet()
    const nodes = requester.getNodes(ROOT, [REF], 1000).catch((error: unknown) => error)
    const ways = requester.getPaths(ROOT, [WAY], 1000)
    const codes = requester.getCode([ROOT], 1000)
    const headers = requester.getHeader([ROOT], 1000)
    await say(bytes)
    await expect(ways).rejects.toMatchObject({ code: 'protocol', cause: { code } })
    await expect(codes).rejects.toEqual(coded('protocol'))
    await expect(headers).rejects.toEqual(coded('protocol'))
    await nodes
    expect(violations).toEqual([coded(code)])
    expect(closed).toEqual(['ours', 'theirs'])
  })

  test('error: protocol: something else than a Status comes first', async () => {
    const { requester, answer, violations } = setUp()
    const status = requester.start()
    await answer(1, [])
    await expect(status).rejects.toEqual(coded('protocol'))
    expect(violations).toEqual([coded('statusExpected')])
  })
})

function bytesOf(kind: Answer['kind'], id: number, length: number): Uint8Array[] {
  return encodeAnswer({ kind, id, items: [new Uint8Array(length)] })
}
