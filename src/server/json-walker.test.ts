import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { JsonWalker } from './json-walker.ts'

/** Rebuilds the value from the callbacks of a walk. */
function walk(text: string): unknown {
  const open: unknown[] = []
  let result: unknown
  const put = (keys: readonly string[], given: unknown) => {
    const value = typeof given === 'bigint' ? Number(given) : given
    const parent = open.at(-1)
    if (parent === undefined) result = value
    else if (Array.isArray(parent)) parent.push(value)
    else Object.defineProperty(parent, keys.at(-1)!, { value, enumerable: true, configurable: true, writable: true })
  }
  const walker = new JsonWalker({
    onScalar: put,
    onOpen(keys, kind) {
      const value = kind === 'array' ? [] : {}
      put(keys, value)
      open.push(value)
    },
    onClose: () => open.pop(),
  })
  walker.write(new TextEncoder().encode(text))
  walker.end()
  return result
}

const attempt = (parse: (text: string) => unknown, text: string) => {
  try {
    return { value: parse(text) }
  } catch {
    return 'refused'
  }
}

describe('JsonWalker', () => {
  test('default: meets what JSON.parse finds', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(walk(text)).toEqual(JSON.parse(text))
      }),
    )
  })

  test('error: refuses what JSON.parse refuses', () => {
    const tokens = fc.array(fc.constantFrom('{', '}', '[', ']', ':', ',', '"a"', '"b"', '1', 'true', 'null', ' '), {
      maxLength: 9,
    })
    fc.assert(
      fc.property(tokens, (list) => {
        const text = list.join('')
        expect(attempt(walk, text)).toEqual(attempt(JSON.parse, text))
      }),
      { numRuns: 2000 },
    )
  })
})
