import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { forget, openStorage, recall, remember } from './memory.ts'
import { WatchList } from './watch-list.ts'

const forbidden = (): never => {
  throw new DOMException('The operation is insecure.', 'SecurityError')
}
const ADDRESS = `0x${'a'.repeat(40)}`

/** Makes `localStorage` of this realm what `get` returns or throws. */
function stub(get: () => unknown): void {
  Object.defineProperty(globalThis, 'localStorage', { get, configurable: true })
  onTestFinished(() => void Reflect.deleteProperty(globalThis, 'localStorage'))
}

describe.each([
  ['whose use throws, with site data blocked', forbidden],
  ['that is null, in some embedded views', () => null],
  ['whose methods throw', () => ({ getItem: forbidden, setItem: forbidden, removeItem: forbidden })],
])('a storage %s', (_, get) => {
  test('behavior: the page works, and remembers nothing beyond itself', () => {
    stub(get)
    const storage = openStorage()
    const nothing = recall(storage)
    expect(nothing).toMatchObject({ peers: '', progress: null })
    remember(storage, { ...nothing, peers: 'p' })
    forget(storage)
    expect(recall(storage)).toEqual(nothing)
    const watched = new WatchList(storage, () => {})
    watched.add(ADDRESS)
    expect(watched.addresses).toEqual([ADDRESS])
  })
})

describe('openStorage', () => {
  test('default: is the localStorage of the page', () => {
    const storage = { getItem: () => null, setItem: () => {}, removeItem: () => {} }
    stub(() => storage)
    expect(openStorage()).toBe(storage)
  })

  test('behavior: no other file of the demo uses localStorage: it may throw', () => {
    const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    const code = (name: string) =>
      readFileSync(join(import.meta.dirname, name), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
    expect(files.filter((name) => /\b(?:local|session)Storage\b/.test(code(name)))).toEqual(['memory.ts'])
  })
})
