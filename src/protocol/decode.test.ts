/** Encoder and decoder together: round trips, and a table with every rule of the decoder. */
import { type Input, RLP } from '@ethereumjs/rlp'
import { concatBytes, hexToBytes } from '@noble/hashes/utils.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { END, type Path, pathOfKey } from '../trie/path.ts'
import { COPY_BELOW_BYTES } from './constants.ts'
import { decodeMessage } from './decode.ts'
import { encodeAnswer, encodeRequest, encodeStatus } from './encode.ts'
import { FrameSplitter } from './frames.ts'
import type { Answer, Message, Request, Status } from './messages.ts'

const hash = (byte: number) => new Uint8Array(32).fill(byte)
const limits = [1, 1, 1, 1]
const status = (roots: Input, rest: Input = limits) => RLP.encode([0, 0, 1, 1, roots, rest])
const coverage = (...spans: string[][]) => status([[hash(1), 0, spans.map((span) => span.map(hexToBytes))]])
const path = Uint8Array.of(0)
const getNodes = (refs: Input, root: Input = hash(1), maxBytes: Input = 1) => RLP.encode([1, 1, root, maxBytes, refs])
const getPaths = (refs: Input) => RLP.encode([3, 1, hash(1), 1, refs])
const getCode = (hashes: Input) => RLP.encode([5, 1, 1, hashes])
const getHeader = (hashes: Input) => RLP.encode([7, 1, 1, hashes])
const many = <T>(count: number, item: T) => new Array<T>(count).fill(item)

describe('decodeMessage', () => {
  test.each<[string, string, Uint8Array]>([
    ['no bytes', 'malformedMessage', new Uint8Array()],
    ['a string', 'malformedMessage', RLP.encode('nodes')],
    ['an empty list', 'malformedMessage', RLP.encode([])],
    ['bytes behind the list', 'malformedMessage', Uint8Array.of(...RLP.encode([2, 1, []]), 0)],
    ['a code that is a list', 'malformedMessage', RLP.encode([[2], 1, []])],
    ['an unknown code', 'unknownMessage', RLP.encode([9, 1, []])],
    ['request id 0', 'malformedMessage', RLP.encode([2, 0, []])],
    ['request id 2^32', 'malformedMessage', RLP.encode([2, 2 ** 32, []])],
    ['a request id with a leading zero', 'malformedMessage', RLP.encode([2, Uint8Array.of(0, 1), []])],

    ['Status with a request id', 'malformedMessage', RLP.encode([0, 1, 1, 1, [], limits])],
    ['Status of version 2', 'unsupportedVersion', RLP.encode([0, 0, 2, 1, [], limits])],
    ['Status of version 2 and of another shape', 'unsupportedVersion', RLP.encode([0, 0, 2])],
    ['Status with a chain id of 2^53', 'malformedMessage', RLP.encode([0, 0, 1, 2n ** 53n, [], limits])],
    ['Status without limits', 'malformedMessage', RLP.encode([0, 0, 1, 1, []])],
    ['Status with another item', 'malformedMessage', RLP.encode([0, 0, 1, 1, [], limits, 1])],
    ['Status with three limits', 'malformedMessage', status([], [1, 1, 1])],
    ['Status with five limits', 'malformedMessage', status([], [1, 1, 1, 1, 1])],
    ['Status with a limit of zero', 'malformedMessage', status([], [1, 1, 0, 1])],
    ['Status with a limit of 2^32', 'malformedMessage', status([], [2 ** 32, 1, 1, 1])],
    ['Status with 129 roots', 'tooManyItems', status(many(129, [hash(1), 0, []]))],
    ['Status with a root of 31 bytes', 'malformedMessage', status([[hash(1).subarray(1), 0, []]])],
    ['Status with a block number of 2^53', 'malformedMessage', status([[hash(1), 2n ** 53n, []]])],
    ['Status with a root of two items', 'malformedMessage', status([[hash(1), 0]])],
    ['Status with a root of four items', 'malformedMessage', status([[hash(1), 0, [], 0]])],
    ['Status with a span of one item', 'malformedMessage', coverage(['00'])],
    ['Status with a span of three items', 'malformedMessage', coverage(['00', '20', '20'])],
    ['Status with a position that is none', 'malformedMessage', coverage(['40', '20'])],
    ['Status with an empty span', 'malformedMessage', coverage(['11', '11'])],
    ['Status with a span from right to left', 'malformedMessage', coverage(['12', '11'])],
    ['Status with spans out of order', 'malformedMessage', coverage(['14', '15'], ['11', '12'])],
    ['Status with spans that overlap', 'malformedMessage', coverage(['11', '13'], ['12', '14'])],
    ['Status with spans that touch', 'malformedMessage', coverage(['11', '12'], ['12', '13'])],
    ['Status with a span behind the end of all', 'malformedMessage', coverage(['00', '20'], ['20', '20'])],
    ['Status with 1,025 spans of one root', 'tooManyItems', coverage(...spans(1025))],
    [
      'Status with 1,025 spans of two roots',
      'tooManyItems',
      status([spans(1024), spans(1)].map((list) => [hash(1), 0, list.map((span) => span.map(hexToBytes))])),
    ],

    ['GetNodes with a root of 33 bytes', 'malformedMessage', getNodes([[path, hash(1), 0]], new Uint8Array(33))],
    ['GetNodes with a budget of zero', 'malformedMessage', getNodes([[path, hash(1), 0]], hash(1), 0)],
    ['GetNodes with a budget of 2^32', 'malformedMessage', getNodes([[path, hash(1), 0]], hash(1), 2 ** 32)],
    ['GetNodes without refs', 'malformedMessage', getNodes([])],
    ['GetNodes with 1,025 refs', 'tooManyItems', getNodes(many(1025, [path, hash(1), 0]))],
    ['GetNodes with refs that are a string', 'malformedMessage', getNodes(path)],
    ['GetNodes with a path that is none', 'malformedMessage', getNodes([[Uint8Array.of(0x20), hash(1), 0]])],
    ['GetNodes with a hash of 31 bytes', 'malformedMessage', getNodes([[path, hash(1).subarray(1), 0]])],
    ['GetNodes with 2^32 nodes', 'malformedMessage', getNodes([[path, hash(1), 2 ** 32]])],
    ['GetNodes with a ref of two items', 'malformedMessage', getNodes([[path, hash(1)]])],
    ['GetNodes with a ref of four items', 'malformedMessage', getNodes([[path, hash(1), 0, 0]])],
    ['GetNodes with another item', 'malformedMessage', RLP.encode([1, 1, hash(1), 1, [[path, hash(1), 0]], 0])],

    ['GetPaths without refs', 'malformedMessage', getPaths([])],
    ['GetPaths with 1,025 refs', 'tooManyItems', getPaths(many(1025, [path, hash(1), hash(2)]))],
    ['GetPaths with a key of 31 bytes', 'malformedMessage', getPaths([[path, hash(1), hash(2).subarray(1)]])],
    ['GetPaths with a key of 48 bytes', 'malformedMessage', getPaths([[path, hash(1), new Uint8Array(48)]])],
    ['GetPaths with a key of 65 bytes', 'malformedMessage', getPaths([[path, hash(1), new Uint8Array(65)]])],
    ['GetPaths with a key elsewhere', 'malformedMessage', getPaths([[Uint8Array.of(0x11), hash(1), hash(2)]])],
    ['GetPaths with a ref of four items', 'malformedMessage', getPaths([[path, hash(1), hash(2), 0]])],

    ['GetCode without hashes', 'malformedMessage', getCode([])],
    ['GetCode with 257 hashes', 'tooManyItems', getCode(many(257, hash(1)))],
    ['GetCode with a hash of 33 bytes', 'malformedMessage', getCode([new Uint8Array(33)])],
    ['GetCode with another item', 'malformedMessage', RLP.encode([5, 1, 1, [hash(1)], 0])],

    ['GetHeader without hashes', 'malformedMessage', getHeader([])],
    ['GetHeader with 257 hashes', 'tooManyItems', getHeader(many(257, hash(1)))],
    ['GetHeader with a hash of 31 bytes', 'malformedMessage', getHeader([hash(1).subarray(1)])],
    ['GetHeader with a root', 'malformedMessage', RLP.encode([7, 1, hash(1), 1, [hash(1)]])],
    ['GetHeader with another item', 'malformedMessage', RLP.encode([7, 1, 1, [hash(1)], 0])],

    ['Nodes with 1,025 runs', 'tooManyItems', RLP.encode([2, 1, many(1025, '')])],
    ['Nodes with a run that is a list', 'malformedMessage', RLP.encode([2, 1, [[path]]])],
    ['Nodes with runs that are a string', 'malformedMessage', RLP.encode([2, 1, path])],
    ['Nodes with another item', 'malformedMessage', RLP.encode([2, 1, [], 0])],
    ['Paths with 1,025 ways', 'tooManyItems', RLP.encode([4, 1, many(1025, '')])],
    ['Code with 257 codes', 'tooManyItems', RLP.encode([6, 1, many(257, '')])],
    ['Header with 257 headers', 'tooManyItems', RLP.encode([8, 1, many(257, '')])],
    ['Header with a header that is a list', 'malformedMessage', RLP.encode([8, 1, [[path]]])],
  ])('error: %s: %s', (_, code, frame) => {
    expect(() => decodeMessage(frame)).toThrow(expect.objectContaining({ code }))
  })

  test.each<[string, Uint8Array]>([
    ['128 roots', status(many(128, [hash(1), 0, []]))],
    ['1,024 spans', coverage(...spans(1024))],
    ['1,024 refs', getNodes(many(1024, [path, hash(1), 0]))],
    ['1,024 ways', getPaths(many(1024, [path, hash(1), hash(2)]))],
    ['256 hashes', getCode(many(256, hash(1)))],
    ['256 hashes of headers', getHeader(many(256, hash(1)))],
    ['no runs', RLP.encode([2, 1, []])],
    ['1,024 runs', RLP.encode([2, 1, many(1024, '')])],
    ['256 headers', RLP.encode([8, 1, many(256, '')])],
    ['256 codes', RLP.encode([6, 1, many(256, '')])],
  ])('behavior: accepts %s', (_, frame) => {
    expect(() => decodeMessage(frame)).not.toThrow()
  })

  test('default: is the inverse of encodeStatus', () => {
    fc.assert(
      fc.property(anyStatus(), (status) => {
        expect(decoded(encodeStatus(status))).toEqual({ kind: 'status', status })
      }),
    )
  })

  test('default: is the inverse of encodeRequest', () => {
    fc.assert(
      fc.property(anyRequest(), (request) => {
        expect(decoded(encodeRequest(request))).toEqual(request)
      }),
    )
  })

  test('default: is the inverse of encodeAnswer', () => {
    fc.assert(
      fc.property(anyAnswer(), (answer) => {
        expect(decoded(encodeAnswer(answer))).toEqual(answer)
      }),
    )
  })

  test('behavior: runs are views of the frame', () => {
    const frame = RLP.encode([2, 1, [new Uint8Array(500), new Uint8Array(70_000)]])
    const message = decodeMessage(frame) as Answer
    expect(message.items.map(({ buffer }) => buffer === frame.buffer)).toEqual([true, true])
  })

  test('behavior: lists within lists, however deep, take no time and no stack', () => {
    const nested = nest(60_000)
    const started = performance.now()
    expect(() => decodeMessage(nested)).toThrow(expect.objectContaining({ code: 'malformedMessage' }))
    expect(performance.now() - started).toBeLessThan(1000)
  })
})

describe('encodeAnswer', () => {
  test('default: is what @ethereumjs/rlp writes', () => {
    fc.assert(
      fc.property(anyAnswer(), ({ kind, id, items }) => {
        const [frame] = split(encodeAnswer({ kind, id, items }))
        expect(frame).toEqual(RLP.encode([{ nodes: 2, paths: 4, code: 6, header: 8 }[kind], id, items]))
      }),
    )
  })

  test('behavior: large items are sent as they are, small ones are copied next to the headers', () => {
    const large = new Uint8Array(COPY_BELOW_BYTES)
    const small = new Uint8Array(COPY_BELOW_BYTES - 1)
    const pieces = encodeAnswer({ kind: 'nodes', id: 1, items: [small, small, large, small, large, large, small] })
    expect(pieces.map((piece) => piece === large)).toEqual([false, true, false, true, false, true, false])
  })

  test('behavior: 1,024 small runs are one piece', () => {
    expect(encodeAnswer({ kind: 'nodes', id: 1, items: many(1024, new Uint8Array(532)) })).toHaveLength(1)
  })
})

/** Returns `count` spans of one nibble at different depths, in order and apart. */
function spans(count: number): string[][] {
  return Array.from({ length: count }, (_, i) => {
    const at = (i * 4).toString(16).padStart(4, '0')
    return [`00${at}`, `20${at}`]
  })
}

/** Returns `depth` lists, each inside the one before. */
function nest(depth: number): Uint8Array {
  const headers: Uint8Array[] = []
  for (let i = 0, length = 0; i < depth; i++) {
    const digits = length.toString(16)
    const bytes = hexToBytes(digits.padStart(digits.length + (digits.length % 2), '0'))
    const header = length < 56 ? Uint8Array.of(0xc0 + length) : Uint8Array.of(0xf7 + bytes.length, ...bytes)
    headers.push(header)
    length += header.length
  }
  return concatBytes(...headers.reverse())
}

function split(pieces: Uint8Array[]): Uint8Array[] {
  const frames: Uint8Array[] = []
  new FrameSplitter(2 ** 27).push(concatBytes(...pieces), (frame) => frames.push(frame))
  return frames
}

function decoded(pieces: Uint8Array[]): Message | undefined {
  const frames = split(pieces)
  expect(frames).toHaveLength(1)
  return frames.map(decodeMessage)[0]
}

function anyHash() {
  return fc.uint8Array({ minLength: 32, maxLength: 32 })
}

function anyPath(): fc.Arbitrary<Path> {
  return fc.array(fc.constantFrom(...'0123456789abcdef'), { maxLength: 128 }).map((digits) => digits.join('') as Path)
}

function anyCoverage() {
  const positions = fc.uniqueArray(
    fc.tuple(anyPath(), fc.boolean()).map(([at, behind]) => (behind ? at + END : at)),
    { maxLength: 8 },
  )
  return positions.map((unsorted) => {
    const sorted = unsorted.sort()
    return Array.from({ length: Math.floor(sorted.length / 2) }, (_, i) => ({
      start: sorted[2 * i]!,
      end: sorted[2 * i + 1]!,
    }))
  })
}

function anyStatus(): fc.Arbitrary<Status> {
  const limit = fc.integer({ min: 1, max: 2 ** 32 - 1 })
  return fc.record({
    chainId: fc.maxSafeNat(),
    roots: fc.array(fc.record({ root: anyHash(), blockNumber: fc.maxSafeNat(), coverage: anyCoverage() }), {
      maxLength: 5,
    }),
    limits: fc.record({ maxResponseBytes: limit, maxRefs: limit, maxHashes: limit, maxOpenRequests: limit }),
  })
}

function anyRequest(): fc.Arbitrary<Request> {
  const id = fc.integer({ min: 1, max: 2 ** 32 - 1 })
  const maxNodes = fc.integer({ min: 0, max: 2 ** 32 - 1 })
  const key = fc.constantFrom(32, 64).chain((length) => fc.uint8Array({ minLength: length, maxLength: length }))
  const way = fc
    .tuple(key, fc.nat(128), anyHash())
    .map(([bytes, at, hash]) => ({ path: pathOfKey(bytes).slice(0, at) as Path, hash, key: pathOfKey(bytes) }))
  const some = { minLength: 1, maxLength: 5 }
  const common = { id, root: anyHash(), maxBytes: id }
  return fc.oneof(
    fc.record({
      kind: fc.constant('getNodes' as const),
      ...common,
      refs: fc.array(fc.record({ path: anyPath(), hash: anyHash(), maxNodes }), some),
    }),
    fc.record({ kind: fc.constant('getPaths' as const), ...common, refs: fc.array(way, some) }),
    fc.record({
      kind: fc.constantFrom('getCode' as const, 'getHeader' as const),
      id,
      maxBytes: id,
      hashes: fc.array(anyHash(), some),
    }),
  )
}

function anyAnswer(): fc.Arbitrary<Answer> {
  const item = fc.oneof(
    fc.uint8Array({ maxLength: 100 }),
    fc.integer({ min: 2000, max: 2100 }).map((length) => new Uint8Array(length).fill(length)),
  )
  return fc.record({
    kind: fc.constantFrom('nodes' as const, 'paths' as const, 'code' as const, 'header' as const),
    id: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
    items: fc.array(item, { maxLength: 8 }),
  })
}
