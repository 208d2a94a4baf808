import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isWithin, type Path } from './path.ts'
import { isScopeEntries, Scope } from './scope.ts'

// Keys of two nibbles, repeated: few enough for keys to collide.
const key = fc
  .tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 }))
  .map(([a, b]) => `${a}${b}${'0'.repeat(62)}` as Path)
const entry = fc.oneof(
  key,
  key.map(Scope.storage),
  fc.tuple(key, key).map(([account, slot]) => Scope.slot(account, slot)),
)
const entries = fc.array(entry, { maxLength: 6 })
const path = fc
  .tuple(key, key, fc.integer({ min: 0, max: 128 }))
  .map(([account, slot, length]) => (account + slot).slice(0, length) as Path)

/** Tells by the plain rule, without a search, whether the node at `at` is wanted. */
function wants(list: readonly string[], at: Path): boolean {
  if (at === '') return true
  return list.some((each) => {
    const text = each.replace('*', '') as Path
    if (each.length === 64) return at.length < 64 && isWithin(text, at)
    return isWithin(text, at) || (each.endsWith('*') && isWithin(at, text))
  })
}

describe('Scope', () => {
  test('default: has the ways to what it names, and nothing beside them', () => {
    fc.assert(
      fc.property(entries, path, (list, at) => {
        if (list.length === 0) return
        expect(Scope.of(list).includes(at)).toBe(wants(list, at))
      }),
      { numRuns: 3000 },
    )
  })

  test('behavior: a subtree is included if everything below is', () => {
    fc.assert(
      fc.property(entries, path, (list, at) => {
        const isWhole = list.some((each) => each.endsWith('*') && at.startsWith(each.slice(0, 64)))
        expect(Scope.of(list).includesSubtree(at)).toBe(isWhole)
      }),
      { numRuns: 2000 },
    )
  })

  test('behavior: one contains another below a path if it wants all that the other wants there', () => {
    const full = (list: readonly string[], at: Path) => (below: Path) => below.startsWith(at) && wants(list, below)
    const all = fc.sample(path, 3000)
    fc.assert(
      fc.property(entries, entries, path, (mine, theirs, at) => {
        fc.pre(theirs.length > 0 && mine.length > 0)
        const [wanted, has] = [full(theirs, at), full(mine, at)]
        const isContained = Scope.of(mine).contains(Scope.of(theirs), at)
        if (isContained) expect(all.filter((each) => wanted(each) && !has(each))).toEqual([])
        expect(Scope.of(mine).contains(Scope.of(mine), at)).toBe(true)
        expect(Scope.ALL.contains(Scope.of(theirs), at)).toBe(true)
        expect(Scope.of([...mine, ...theirs]).contains(Scope.of(theirs), at)).toBe(true)
        expect(Scope.of(mine).contains(Scope.ALL, at)).toBe(Scope.of(mine).includesSubtree(at))
      }),
      { numRuns: 500 },
    )
  })

  test('behavior: says the same once, and the same in any order', () => {
    const [a, b] = [`1${'0'.repeat(63)}`, `2${'0'.repeat(63)}`] as [Path, Path]
    const scope = Scope.of([Scope.slot(b, a), a, b, Scope.slot(a, a), Scope.storage(a), b])
    expect(scope.entries).toEqual([Scope.storage(a), Scope.slot(b, a)])
    expect(scope.equals(Scope.of([Scope.storage(a), Scope.slot(b, a)]))).toBe(true)
    expect(scope.equals(Scope.of([Scope.storage(a)]))).toBe(false)
    expect(scope.equals(Scope.ALL)).toBe(false)
    expect(scope.keysBelow('' as Path, 9)).toEqual([a, b + a])
    expect(scope.keysBelow('2' as Path, 9)).toEqual([b + a])
    expect(scope.keysBelow('' as Path, 1)).toEqual([a])
  })

  test('behavior: an empty scope has the root', () => {
    expect(Scope.of([]).includes('' as Path)).toBe(true)
    expect(Scope.of([]).includes('0' as Path)).toBe(false)
  })

  test('error: what are no entries', () => {
    for (const value of [null, 'ab', ['ab'], [`${'0'.repeat(64)}**`], [1], ['0'.repeat(127)]]) {
      expect(isScopeEntries(value)).toBe(false)
    }
    expect(isScopeEntries([])).toBe(true)
    expect(isScopeEntries(['0'.repeat(64), `${'0'.repeat(64)}*`, '0'.repeat(128)])).toBe(true)
  })
})
