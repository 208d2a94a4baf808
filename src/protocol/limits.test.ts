/**
 * Holds our messages to the limits checked on receipt. The other side, with the usual limits, accepts everything our
 * side may be told to send.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ManualClock, settle } from '../testing/manual-clock.ts'
import { createWirePair } from '../testing/memory-wire.ts'
import type { NodeSource } from '../trie/node-source.ts'
import { END, type Path, ROOT_PATH } from '../trie/path.ts'
import {
  MAX_CODE_BYTES,
  MAX_HASHES,
  MAX_HEADER_BYTES,
  MAX_REFS,
  MAX_STATUS_ROOTS,
  MAX_STATUS_SPANS,
} from './constants.ts'
import type { ProtocolError } from './error.ts'
import { type Limits, type RootStatus, type Status, statusOf } from './messages.ts'
import { Requester } from './requester.ts'
import { Responder } from './responder.ts'

const HASH = new Uint8Array(32).fill(0xab)
const KEY = 'ab'.repeat(64) as Path
const MOST = 2 ** 32 - 1

const longPath = (i: number) => i.toString(16).padStart(128, '0')

/** Returns `count` spans of the longest paths. */
function spans(count: number) {
  return Array.from({ length: count }, (_, i) => ({ start: longPath(2 * i), end: longPath(2 * i + 1) }))
}

/** Returns roots with the given numbers of spans, the newest first, with the largest possible block numbers. */
function rootsOf(counts: readonly number[]): RootStatus[] {
  return counts.map((count, i) => ({
    root: HASH,
    blockNumber: Number.MAX_SAFE_INTEGER - i,
    coverage: count === 0 ? [{ start: ROOT_PATH, end: END }] : spans(count),
  }))
}

async function connect(status: Status, source: NodeSource, theirs: Status = statusOf(0)) {
  const [a, b] = createWirePair()
  const clock = new ManualClock()
  const violations: ProtocolError[] = []
  const onViolation = (error: ProtocolError) => violations.push(error)
  const responder = new Responder({ wire: b, source, status, clock, onViolation })
  const requester = new Requester({ wire: a, status: theirs, clock, onViolation })
  responder.start()
  await requester.start()
  return { requester, responder, violations }
}

/** Returns a source with an item of `bytes` bytes for every request. */
function sourceOf(bytes: number): NodeSource {
  const item = new Uint8Array(bytes).fill(0x80)
  return {
    has: () => true,
    run: async () => item,
    path: async () => item,
    code: async () => item,
    header: async () => item,
  }
}

const sizes = fc.constantFrom(0, 1, 1023, 1024, 5000, MAX_HEADER_BYTES, MAX_HEADER_BYTES + 1, 200_000, 3_000_000)
const limit = fc.constantFrom(1, 2, 300, 1024, 1025, 5000, 2 ** 21, MOST)
const limits: fc.Arbitrary<Limits> = fc.record({
  maxResponseBytes: limit,
  maxRefs: limit,
  maxHashes: limit,
  maxOpenRequests: limit,
})

describe('Responder and Requester', () => {
  test('default: a Status of any number of states and spans is accepted, and says the newest', async () => {
    const counts = fc.array(fc.constantFrom(0, 1, 7, 500, 1024, 2000), { maxLength: 300 })
    await fc.assert(
      fc.asyncProperty(counts, counts, limits, async (ours, theirs, limits) => {
        const roots = rootsOf(ours)
        const { requester, responder, violations } = await connect(
          { ...statusOf(1, roots), limits },
          sourceOf(1),
          statusOf(1, rootsOf(theirs)),
        )
        const said = requester.theirStatus!.roots
        expect(said.map(({ blockNumber }) => blockNumber)).toEqual(
          roots.slice(0, MAX_STATUS_ROOTS).map(({ blockNumber }) => blockNumber),
        )
        const all = roots.slice(0, MAX_STATUS_ROOTS).flatMap(({ coverage }) => coverage)
        expect(said.flatMap(({ coverage }) => coverage)).toEqual(all.slice(0, MAX_STATUS_SPANS))
        responder.sendStatus(statusOf(1, roots))
        requester.sendStatus(statusOf(1, roots))
        await settle()
        expect(violations).toEqual([])
      }),
      { numRuns: 15 },
    )
  })

  test('default: requests for anything, of a peer that allows anything, are accepted, and so are their answers', async () => {
    const counts = fc.constantFrom(0, 1, MAX_HASHES + 1, MAX_REFS, MAX_REFS + 1)
    const budgets = fc.constantFrom(0, 0.5, 1, 1000.25, 2 ** 20, MOST, Number.MAX_SAFE_INTEGER)
    await fc.assert(
      fc.asyncProperty(limits, sizes, counts, budgets, async (limits, bytes, count, budget) => {
        const { requester, violations } = await connect({ ...statusOf(1), limits }, sourceOf(bytes))
        const refs = new Array(count).fill({ path: KEY.slice(0, 127) as Path, hash: HASH, maxNodes: 0, key: KEY })
        const hashes = new Array<Uint8Array>(count).fill(HASH)
        const asked = [
          () => requester.getNodes(HASH, refs, budget),
          () => requester.getPaths(HASH, refs, budget),
          () => requester.getCode(hashes, budget),
          () => requester.getHeader(hashes, budget),
        ]
        for (const ask of asked) {
          const items = await ask()
          expect(items.length).toBeLessThanOrEqual(count)
          expect(items.length > 0).toBe(count > 0)
        }
        expect(violations).toEqual([])
      }),
      { numRuns: 60 },
    )
  })

  test('behavior: a code and a header that are too large to be carried are not had, and those that just fit are', async () => {
    const found = async (bytes: number) => {
      const { requester } = await connect(statusOf(1), sourceOf(bytes))
      const items = [...(await requester.getCode([HASH], 1)), ...(await requester.getHeader([HASH], 1))]
      return items.map(({ length }) => length)
    }
    expect(await found(MAX_HEADER_BYTES)).toEqual([MAX_HEADER_BYTES, MAX_HEADER_BYTES])
    expect(await found(MAX_CODE_BYTES)).toEqual([MAX_CODE_BYTES, 0])
    expect(await found(MAX_CODE_BYTES + 1)).toEqual([0, 0])
  })
})
