import { describe, expect, test } from 'vitest'
import { type Holding, Holdings } from './holdings.ts'

function setUp(maxBytes: number) {
  const holdings = new Holdings(maxBytes)
  const evicted: string[] = []
  const hold = (name: string, bytes: number) => {
    const holding: Holding = {
      evict() {
        evicted.push(name)
        holdings.release(holding)
      },
    }
    holdings.hold(holding, bytes)
    return holding
  }
  return { holdings, evicted, hold }
}

describe('Holdings', () => {
  test('default: evicts what is oldest, and no more than it must', () => {
    const { holdings, evicted, hold } = setUp(100)
    hold('a', 40)
    hold('b', 40)
    hold('c', 20)
    expect([evicted, holdings.bytes]).toEqual([[], 100])
    hold('d', 50)
    expect([evicted, holdings.bytes]).toEqual([['a', 'b'], 70])
  })

  test('behavior: what was released is not evicted, and counts once', () => {
    const { holdings, evicted, hold } = setUp(100)
    const a = hold('a', 60)
    holdings.release(a)
    holdings.release(a)
    hold('b', 100)
    expect([evicted, holdings.bytes]).toEqual([[], 100])
  })

  test('behavior: what is larger than everything goes at once', () => {
    const { holdings, evicted, hold } = setUp(100)
    hold('a', 101)
    expect([evicted, holdings.bytes]).toEqual([['a'], 0])
  })
})
