import { bytesToHex } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import { nobleKeccak } from '../trie/keccak.ts'
import { CodeQueue } from './code-queue.ts'

const BYTES = Uint8Array.of(0x60, 0x00)
const HASH = bytesToHex(nobleKeccak.digest(BYTES))

function setUp() {
  const queue = new CodeQueue(new Set(), [HASH], { count: 3, bytes: 100 })
  const [asked] = queue.missing(1, () => true)
  return { queue, asked: asked! }
}

describe('CodeQueue', () => {
  test('behavior: a code that arrives twice is counted and kept once, and is no lie', () => {
    const { queue, asked } = setUp()
    expect(queue.process(asked, BYTES, nobleKeccak)).toBe(true)
    expect(queue.counts).toEqual({ count: 4, bytes: 102 })
    expect(queue.process(asked, BYTES, nobleKeccak)).toBe(true)
    expect(queue.offer(HASH, BYTES)).toBe(false)
    expect(queue.counts).toEqual({ count: 4, bytes: 102 })
    expect(queue.commit()).toEqual([{ hash: HASH, bytes: BYTES }])
    expect(queue.commit()).toEqual([])
  })

  test('behavior: a code taken from elsewhere counts, and its answer does not any more', () => {
    const { queue, asked } = setUp()
    expect(queue.offer(HASH, BYTES)).toBe(true)
    queue.process(asked, BYTES, nobleKeccak)
    expect(queue.counts).toEqual({ count: 4, bytes: 102 })
  })

  test('error: bytes with another hash are refused, and the code stays wanted', () => {
    const { queue, asked } = setUp()
    expect(queue.process(asked, Uint8Array.of(1), nobleKeccak)).toBe(false)
    expect([queue.pending, queue.counts.count]).toEqual([1, 3])
  })
})
