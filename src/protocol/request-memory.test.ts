/** Holds {@link REQUEST_MEMORY_FACTOR} to the memory of decoded requests: the limits of held bytes count with it. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { concatBytes } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../testing/random.ts'
import { type Path, pathOfKey, ROOT_PATH } from '../trie/path.ts'
import { MAX_HASHES, MAX_REFS, MAX_RESPONSE_BYTES, REQUEST_MEMORY_FACTOR } from './constants.ts'
import { decodeMessage } from './decode.ts'
import { encodeRequest } from './encode.ts'
import type { Request } from './messages.ts'

const REQUESTS = 100

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const random = seededRandom(1)
const hash = () => random.bytes(32)
const longestPath = () => pathOfKey(random.bytes(64))
const list = <T>(length: number, make: () => T): T[] => Array.from({ length }, make)
const nodes = (count: number, path: () => Path): Request => ({
  ...{ kind: 'getNodes', id: 1, root: hash(), maxBytes: MAX_RESPONSE_BYTES },
  refs: list(count, () => ({ path: path(), hash: hash(), maxNodes: 1 })),
})
const ways = (count: number, key: () => Path): Request => ({
  ...{ kind: 'getPaths', id: 1, root: hash(), maxBytes: MAX_RESPONSE_BYTES },
  refs: list(count, () => ({ path: ROOT_PATH, hash: hash(), key: key() })),
})

/** Without the length in front. */
const messageOf = (framed: Uint8Array) => framed.subarray(framed.findIndex((byte) => byte < 0x80) + 1)

describe('REQUEST_MEMORY_FACTOR', () => {
  test.each<[string, Request]>([
    ['as many refs as may be, of the longest paths', nodes(MAX_REFS, longestPath)],
    ['as many refs as may be, of the root', nodes(MAX_REFS, () => ROOT_PATH)],
    ['as many ways as may be', ways(MAX_REFS / 2, () => pathOfKey(random.bytes(32)))],
    ['as many of the longest ways', ways(MAX_REFS / 2, longestPath)],
    ['as many codes', { kind: 'getCode', id: 1, maxBytes: MAX_RESPONSE_BYTES, hashes: list(MAX_HASHES, hash) }],
  ])('behavior: is no less than what %s take', (_, request) => {
    const frame = messageOf(concatBytes(...encodeRequest(request)))
    const decoded: unknown[] = []
    collect()
    const before = process.memoryUsage()
    for (let i = 0; i < REQUESTS; i++) decoded.push(decodeMessage(frame.slice()))
    collect()
    const after = process.memoryUsage()
    const held = after.heapUsed - before.heapUsed + after.arrayBuffers - before.arrayBuffers
    expect(decoded.length).toBe(REQUESTS)
    expect(held / REQUESTS / frame.length).toBeLessThan(REQUEST_MEMORY_FACTOR)
  })
})
