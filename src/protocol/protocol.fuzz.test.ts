/**
 * Bytes from strangers: whatever comes, splitting and decoding either give messages or throw a ProtocolError, and take no
 * more memory than a message may have. Seeded; a failure prints the seed of its round.
 */
import { concatBytes } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import { END, type Path, pathOfKey } from '../trie/path.ts'
import { decodeMessage } from './decode.ts'
import { encodeAnswer, encodeRequest, encodeStatus } from './encode.ts'
import { ProtocolError } from './error.ts'
import { FrameSplitter } from './frames.ts'
import { DEFAULT_LIMITS } from './messages.ts'

const ROUNDS = 200_000
const MAX_FRAME_BYTES = 4096

describe('FrameSplitter and decodeMessage', () => {
  test(`behavior: ${ROUNDS} streams of mutated and random bytes end in messages or in ProtocolErrors`, () => {
    const seeds = validStreams()
    let accepted = 0
    let refused = 0
    for (let seed = 1; seed <= ROUNDS; seed++) {
      const random = mulberry32(seed)
      const stream = random() < 0.2 ? randomBytes(random) : mutate(seeds[int(random, seeds.length)]!, random)
      try {
        feed(stream, random)
        accepted++
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw new Error(`seed ${seed}`, { cause: error })
        refused++
      }
    }
    // Both ways are really taken.
    expect(accepted).toBeGreaterThan(ROUNDS / 100)
    expect(refused).toBeGreaterThan(ROUNDS / 4)
  })
})

/** Pushes `stream` in chunks of random sizes, and decodes what comes out. */
function feed(stream: Uint8Array, random: () => number): void {
  const splitter = new FrameSplitter(MAX_FRAME_BYTES)
  for (let at = 0; at < stream.length; ) {
    const end = at + 1 + int(random, stream.length)
    splitter.push(stream.subarray(at, end), (frame) => {
      if (frame.length > MAX_FRAME_BYTES) throw new Error('a frame above the limit')
      decodeMessage(frame)
    })
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
    encodeAnswer({ kind: 'nodes', id: 1, items }),
    encodeAnswer({ kind: 'paths', id: 300, items }),
    encodeAnswer({ kind: 'code', id: 2, items }),
  ].map((pieces) => concatBytes(...pieces))
  return [...frames, concatBytes(...frames)]
}

/** One to four changes: a bit, a byte, an insertion, a deletion, a repetition. */
function mutate(stream: Uint8Array, random: () => number): Uint8Array {
  let bytes = [...stream]
  for (let changes = 1 + int(random, 4); changes > 0; changes--) {
    const at = int(random, bytes.length)
    const length = 1 + int(random, 8)
    const kind = int(random, 5)
    if (kind === 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << int(random, 8))
    else if (kind === 1) bytes[at] = int(random, 256)
    else if (kind === 2) bytes.splice(at, 0, ...randomBytes(random).subarray(0, length))
    else if (kind === 3) bytes.splice(at, length)
    else bytes = [...bytes.slice(0, at), ...bytes.slice(Math.max(0, at - length))]
  }
  return Uint8Array.from(bytes)
}

function randomBytes(random: () => number): Uint8Array {
  return Uint8Array.from({ length: int(random, 100) }, () => int(random, 256))
}

function int(random: () => number, below: number): number {
  return Math.floor(random() * below)
}

/** Tommy Ettinger's 32-bit generator: short, and the same on every machine. */
function mulberry32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
