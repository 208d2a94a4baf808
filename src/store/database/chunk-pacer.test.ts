import { describe, expect, test } from 'vitest'
import { MAX_CHUNK_BYTES, MIN_CHUNK_BYTES } from '../constants.ts'
import { ChunkPacer } from './chunk-pacer.ts'

describe('ChunkPacer', () => {
  test('default: begins at the maximum', () => {
    expect(new ChunkPacer().chunkBytes).toBe(MAX_CHUNK_BYTES)
  })

  test('behavior: settles where a transaction takes as long as it should', () => {
    for (const bytesPerMs of [4_000, 10_000, 25_000]) {
      const pacer = new ChunkPacer()
      for (let i = 0; i < 20; i++) pacer.measured(pacer.chunkBytes, 5 + pacer.chunkBytes / bytesPerMs)
      const elapsedMs = 5 + pacer.chunkBytes / bytesPerMs
      expect(elapsedMs).toBeGreaterThanOrEqual(20)
      expect(elapsedMs).toBeLessThanOrEqual(50)
    }
  })

  test('behavior: stays between its bounds on a disk that is very slow or very fast', () => {
    const pacer = new ChunkPacer()
    for (let i = 0; i < 20; i++) pacer.measured(pacer.chunkBytes, 10_000)
    expect(pacer.chunkBytes).toBe(MIN_CHUNK_BYTES)
    for (let i = 0; i < 20; i++) pacer.measured(pacer.chunkBytes, 0)
    expect(pacer.chunkBytes).toBe(MAX_CHUNK_BYTES)
  })

  test('behavior: one odd measurement halves at most, and a small fast chunk says nothing', () => {
    const pacer = new ChunkPacer()
    pacer.measured(MAX_CHUNK_BYTES, 1_000_000)
    expect(pacer.chunkBytes).toBe(MAX_CHUNK_BYTES / 2)
    pacer.measured(10, 1)
    expect(pacer.chunkBytes).toBe(MAX_CHUNK_BYTES / 2)
  })
})
