import { existsSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Sorter } from './sorter.ts'
import { temporaryDirectory } from './temporary.suite.ts'

const keyOf = (n: number) => Uint8Array.of(n & 255, n >> 8, 255 - (n & 255), n & 3)

async function sort(numbers: readonly number[], memoryBytes: number, directory: string) {
  const sorter = new Sorter({ directory, memoryBytes })
  let spills = 0
  for (const [i, number] of numbers.entries()) {
    if (!sorter.add(keyOf(number), Uint8Array.of(i))) continue
    await sorter.spill()
    spills++
  }
  const sorted: [string, number][] = []
  for await (const [key, value] of sorter.sorted()) sorted.push([Buffer.from(key).toString('hex'), value[0]!])
  await sorter.close()
  return { sorted, spills, count: sorter.count }
}

describe('Sorter', () => {
  test.each([
    ['in memory', 1e6],
    ['over the disk', 100],
  ])('default: sorts by key, equal ones in the order they came, %s', async (_, memoryBytes) => {
    const directory = await temporaryDirectory()
    const numbers = fc.array(fc.nat(40_000), { minLength: 60, maxLength: 200 })
    await fc.assert(
      fc.asyncProperty(numbers, async (list) => {
        const { sorted, spills, count } = await sort(
          [...list, ...list.slice(0, 20)],
          memoryBytes,
          join(directory, 'sort'),
        )
        const expected = [...list, ...list.slice(0, 20)].map(
          (n, i) => [Buffer.from(keyOf(n)).toString('hex'), i & 255] as const,
        )
        expect(sorted).toEqual([...expected].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
        expect(count).toBe(expected.length)
        expect(spills > 0).toBe(memoryBytes === 100)
      }),
      { numRuns: 15 },
    )
  })

  test('behavior: close deletes what was spilled', async () => {
    const directory = join(await temporaryDirectory(), 'sort')
    const sorter = new Sorter({ directory, memoryBytes: 1 })
    sorter.add(keyOf(1), keyOf(1))
    await sorter.spill()
    expect(existsSync(directory)).toBe(true)
    await sorter.close()
    expect(existsSync(directory)).toBe(false)
  })
})
