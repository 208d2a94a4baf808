import { describe, expect, test } from 'vitest'
import { BlockCache } from './block-cache.ts'

function cacheOf(maxBytes: number) {
  const reads: number[] = []
  const cache = new BlockCache(async (index) => {
    reads.push(index)
    return new Uint8Array(10).fill(index)
  }, maxBytes)
  return { cache, reads }
}

describe('BlockCache', () => {
  test('default: a block is read once', async () => {
    const { cache, reads } = cacheOf(100)
    expect(await cache.get(3)).toEqual(new Uint8Array(10).fill(3))
    expect(await cache.get(3)).toEqual(new Uint8Array(10).fill(3))
    expect(reads).toEqual([3])
  })

  test('behavior: what was used longest ago makes room', async () => {
    const { cache, reads } = cacheOf(20)
    for (const index of [1, 2, 1, 3, 1, 2]) await cache.get(index)
    expect(reads).toEqual([1, 2, 3, 2])
  })

  test('behavior: two reads at once of one block count it once', async () => {
    const { cache, reads } = cacheOf(20)
    await Promise.all([cache.get(1), cache.get(1)])
    for (const index of [2, 1, 2]) await cache.get(index)
    expect(reads).toEqual([1, 1, 2])
  })
})
