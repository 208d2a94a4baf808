import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { END, type Path, type Position } from '../../trie/path.ts'
import type { PageKey } from '../format/page-key.ts'
import { PageIndex } from './page-index.ts'

const page = (start: Position, end: Position, nodes = 1): PageKey => {
  return { generation: 1, start, end, counts: { nodes, bytes: 100 * nodes, accounts: 2 * nodes, slots: 3 * nodes } }
}
const indexOf = (...pages: PageKey[]) => {
  const index = new PageIndex()
  for (const page of pages) index.add(page)
  return index
}

describe('PageIndex', () => {
  test('default: covers nothing', () => {
    const index = new PageIndex()
    expect(index.at('')).toBeUndefined()
    expect(index.coversSubtree('' as Path)).toBe(false)
    expect(index.stretches()).toEqual([])
    expect(index.counts).toEqual({ nodes: 0, bytes: 0, accounts: 0, slots: 0 })
  })

  test('behavior: a page covers its start and not its end', () => {
    const index = indexOf(page('2', '4'), page('4', '48'))
    expect(index.at('1f')).toBeUndefined()
    expect(index.at('2')?.start).toBe('2')
    expect(index.at('3fff')?.start).toBe('2')
    expect(index.at('4')?.start).toBe('4')
    expect(index.at('47f')?.start).toBe('4')
    expect(index.at('48')).toBeUndefined()
  })

  test('behavior: a subtree is covered when pages without a break reach its end', () => {
    const index = indexOf(page('2', '24'), page('24', '28'), page('28', `2${END}`), page('3', '34'), page('35', END))
    expect(index.coversSubtree('2' as Path)).toBe(true)
    expect(index.coversSubtree('27' as Path)).toBe(true)
    expect(index.coversSubtree('3' as Path)).toBe(false)
    expect(index.coversSubtree('33' as Path)).toBe(true)
    expect(index.coversSubtree('f' as Path)).toBe(true)
    expect(index.coversSubtree('' as Path)).toBe(false)
  })

  test('behavior: pages within a stretch are those that share something with it', () => {
    const pages = [page('1', '2'), page('2', '4'), page('6', '8')] as const
    const index = indexOf(...pages)
    expect(index.within({ start: '2', end: '6' })).toEqual([pages[1]])
    expect(index.within({ start: '3', end: '61' })).toEqual([pages[1], pages[2]])
    expect(index.within({ start: '4', end: '6' })).toEqual([])
    expect(index.within({ start: '', end: END })).toEqual(pages)
  })

  test('behavior: a page is known by identity, not by its stretch', () => {
    const [one, other] = [page('1', '2'), page('1', '2', 50)]
    const index = indexOf(one)
    expect(index.has(other)).toBe(false)
    index.remove(other)
    expect(index.counts.nodes).toBe(1)
    index.remove(one)
    index.remove(one)
    expect(index.counts).toEqual({ nodes: 0, bytes: 0, accounts: 0, slots: 0 })
    expect(index.size).toBe(0)
  })

  test('behavior: answers as a plain list of pages does, through any additions and removals', () => {
    const cuts = fc
      .uniqueArray(fc.constantFrom(...POSITIONS), { minLength: 2, maxLength: 12 })
      .map((list) => list.sort())
    const steps = fc.array(fc.tuple(fc.boolean(), fc.nat(10)), { maxLength: 40 })
    fc.assert(
      fc.property(cuts, steps, (cuts, steps) => {
        const all = cuts.slice(1).map((end, i) => page(cuts[i]!, end, i + 1))
        const index = new PageIndex()
        const list = new Set<PageKey>()
        for (const [add, nth] of steps) {
          const chosen = all[nth % all.length]!
          if (add === list.has(chosen)) continue
          if (add) index.add(chosen)
          else index.remove(chosen)
          if (add) list.add(chosen)
          else list.delete(chosen)
        }
        for (const at of POSITIONS)
          expect(index.at(at)).toBe([...list].find((page) => page.start <= at && at < page.end))
        expect([...index]).toEqual(all.filter((page) => list.has(page)))
        expect(index.counts.nodes).toBe([...list].reduce((sum, page) => sum + page.counts.nodes, 0))
        const covered = index.stretches()
        for (const at of POSITIONS) {
          expect(covered.some(({ start, end }) => start <= at && at < end)).toBe(index.at(at) !== undefined)
        }
        for (const [i, stretch] of covered.entries()) expect(stretch.end < (covered[i + 1]?.start ?? 'z')).toBe(true)
      }),
    )
  })
})

const POSITIONS = [
  '',
  '0',
  '00',
  '0f',
  `0${END}`,
  '1',
  '18',
  '18a',
  '18b',
  '1f',
  '7',
  '70',
  '7f',
  'f',
  'ff',
  `f${END}`,
  END,
]
