import { describe, expect, test } from 'vitest'
import { looseKey } from '../format/page-key.ts'
import { PageCache } from './page-cache.ts'

const [a, b, c] = [looseKey(1, 'a'), looseKey(1, 'b'), looseKey(1, 'c')] as const
const bytes = (length: number) => new Uint8Array(length)

describe('PageCache', () => {
  test('default: gives back what was put in', () => {
    const cache = new PageCache(100)
    const page = bytes(10)
    cache.set(a, page)
    expect(cache.get(a)).toBe(page)
    expect(cache.get(b)).toBeUndefined()
  })

  test('behavior: the page that was used longest ago goes first', () => {
    const cache = new PageCache(100)
    cache.set(a, bytes(40))
    cache.set(b, bytes(40))
    cache.get(a)
    cache.set(c, bytes(40))
    expect([a, b, c].map((page) => cache.get(page)?.length)).toEqual([40, undefined, 40])
    expect(cache.bytes).toBe(80)
  })

  test('behavior: never holds more than its maximum, not even one page', () => {
    const cache = new PageCache(100)
    cache.set(a, bytes(60))
    cache.set(b, bytes(101))
    expect(cache.bytes).toBe(0)
  })

  test('behavior: a page that is put in again, deleted or cleared is counted once', () => {
    const cache = new PageCache(100)
    cache.set(a, bytes(60))
    cache.set(a, bytes(30))
    expect(cache.bytes).toBe(30)
    cache.delete(a)
    cache.delete(a)
    expect(cache.bytes).toBe(0)
    cache.set(b, bytes(50))
    cache.clear()
    expect([cache.bytes, cache.get(b)]).toEqual([0, undefined])
  })
})
