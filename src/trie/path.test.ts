import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { bytesToHex } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../testing/random.ts'
import { KEY_NIBBLES, MAX_PATH_NIBBLES, type Path, pathOfKey, pathOfNibbles, writeNibbles } from './path.ts'

/** Bytes of a flat text of 128 digits, its header and its place in a list. */
const MAX_HELD_BYTES = 2 * MAX_PATH_NIBBLES

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** The bytes of heap that each of `count` paths holds. */
function heldBytes(count: number, make: (bytes: Uint8Array) => Path): number {
  const inputs = Array.from({ length: count }, (_, i) => seededRandom(i).bytes(KEY_NIBBLES))
  const paths = new Array<Path>(count).fill('' as Path)
  collect()
  const before = process.memoryUsage().heapUsed
  for (const [i, input] of inputs.entries()) paths[i] = make(input)
  collect()
  const held = process.memoryUsage().heapUsed - before
  expect(paths.every(({ length }) => length > 0)).toBe(true)
  return held / count
}

describe.each([
  ['pathOfKey', (bytes: Uint8Array) => pathOfKey(bytes)],
  ['pathOfNibbles', (bytes: Uint8Array) => pathOfNibbles(Uint8Array.from(bytesToHex(bytes), (d) => Number(`0x${d}`)))],
])('%s', (_, make) => {
  test.each([0, 1, 31, 32, 64, 65, 200])('default: the hex digits of %i bytes', (length) => {
    const bytes = seededRandom(length).bytes(length)
    expect(make(bytes)).toBe(bytesToHex(bytes))
  })

  test('behavior: a path that waits holds no more than its text', () => {
    expect(heldBytes(2_000, make)).toBeLessThan(MAX_HELD_BYTES)
  })
})

test('behavior: a part of some nibbles, and back', () => {
  const nibbles = Uint8Array.of(15, 0, 10, 9, 1)
  expect(pathOfNibbles(nibbles, 1, 4)).toBe('0a9')
  const target = new Uint8Array(5)
  writeNibbles('0a9', target, 1)
  expect([...target]).toEqual([0, 0, 10, 9, 0])
})
