/**
 * Feeds bytes from strangers to the splitter and the decoder. Any bytes give messages or a `ProtocolError`, and take no
 * more memory than a message may have. Rounds are seeded; a failure prints its round's seed.
 */
import { concatBytes } from '@noble/hashes/utils.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mutate } from '../testing/hostile/mutate.ts'
import { type Random, seededRandom } from '../testing/random.ts'
import { END, type Path, pathOfKey } from '../trie/path.ts'
import { MAX_HASHES } from './constants.ts'
import { decodeMessage } from './decode.ts'
import { encodeAnswer, encodeRequest, encodeStatus } from './encode.ts'
import { ProtocolError } from './error.ts'
import { FrameSplitter } from './frames.ts'
import { DEFAULT_LIMITS } from './messages.ts'

/** Enough for each kind of answer to come up; more with `ROUNDS=1000000`. */
const ROUNDS = Number(process.env['ROUNDS'] ?? 300_000)
const MAX_FRAME_BYTES = 4096
const { stackTraceLimit } = Error

beforeAll(() => {
  // Stack traces would take most of a round's time.
  Error.stackTraceLimit = 0
})

afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit
})

describe('FrameSplitter and decodeMessage', () => {
  test(`behavior: ${ROUNDS} streams of mutated and random bytes end in messages or in ProtocolErrors`, () => {
    const seeds = validStreams()
    const codes = new Map<string, number>()
    let accepted = 0
    for (let seed = 1; seed <= ROUNDS; seed++) {
      const random = seededRandom(seed)
      const stream = random() < 0.1 ? random.bytes(random.int(100)) : mutate(random.pick(seeds), random)
      try {
        feed(stream, random)
        accepted++
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw new Error(`seed ${seed}`, { cause: error })
        codes.set(error.code, (codes.get(error.code) ?? 0) + 1)
      }
    }
    // Checks that valid frames occur as well.
    expect(accepted).toBeGreaterThan(ROUNDS / 100)
    expect([...codes.keys()].sort()).toEqual([
      'frameTooLarge',
      'malformedMessage',
      'tooManyItems',
      'unknownMessage',
      'unsupportedVersion',
    ])
  }, 300_000)
})

/** Pushes `stream` in chunks of random sizes, and decodes the frames. */
function feed(stream: Uint8Array, random: Random): void {
  const splitter = new FrameSplitter(MAX_FRAME_BYTES)
  for (let at = 0; at < stream.length; ) {
    const end = at + 1 + random.int(stream.length)
    splitter.push(stream.subarray(at, end), (frame) => {
      if (frame.length > MAX_FRAME_BYTES) throw new Error('a frame above the limit')
      decodeMessage(frame)
    })
    if (splitter.heldBytes > MAX_FRAME_BYTES) throw new Error('a buffer above the limit')
    at = end
  }
}

function validStreams(): Uint8Array[] {
  const hash = new Uint8Array(32).fill(0xab)
  const key = pathOfKey(hash)
  const path = 'abab' as Path
  const coverage = [
    { start: '1a', end: '2' },
    { start: `f0${END}`, end: END },
  ]
  const status = encodeStatus({ chainId: 1, roots: [{ root: hash, blockNumber: 9, coverage }], limits: DEFAULT_LIMITS })
  const items = [new Uint8Array(70).fill(0xc0), new Uint8Array(), Uint8Array.of(5)]
  const frames = [
    status,
    encodeRequest({ kind: 'getNodes', id: 1, root: hash, maxBytes: 9000, refs: [{ path, hash, maxNodes: 1 }] }),
    encodeRequest({ kind: 'getPaths', id: 300, root: hash, maxBytes: 9000, refs: [{ path, hash, key }] }),
    encodeRequest({ kind: 'getCode', id: 2, maxBytes: 9000, hashes: [hash, hash] }),
    encodeRequest({ kind: 'getHeader', id: 3, maxBytes: 9000, hashes: [hash] }),
    encodeAnswer({ kind: 'nodes', id: 1, items }),
    encodeAnswer({ kind: 'paths', id: 300, items }),
    encodeAnswer({ kind: 'code', id: 2, items }),
    encodeAnswer({ kind: 'header', id: 3, items }),
    encodeAnswer({ kind: 'code', id: 2, items: new Array(MAX_HASHES + 1).fill(new Uint8Array()) }),
  ].map((pieces) => concatBytes(...pieces))
  return [...frames, concatBytes(...frames)]
}
