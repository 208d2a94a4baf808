import { RLP } from '@ethereumjs/rlp'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Path, writeNibbles } from './path.ts'
import { entryBytes, findInSequence, SequenceCursor, SequenceWriter } from './sequence.ts'

const path = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), maxLength: 128 }) as fc.Arbitrary<Path>
const near = fc.tuple(path, path, fc.nat(128)).map(([a, b, n]) => (a.slice(0, n) + b).slice(0, 128) as Path)
const blob = fc.uint8Array({ maxLength: 300 }).map((payload) => RLP.encode([payload]))
const entries = fc
  .uniqueArray(fc.tuple(fc.oneof(path, near), blob), { selector: ([p]) => p, maxLength: 40 })
  .map((list) => list.sort(([a], [b]) => (a < b ? -1 : 1)))

function written(list: readonly (readonly [Path, Uint8Array])[]): SequenceWriter {
  const writer = new SequenceWriter(16)
  for (const [p, b] of list) writer.append(p, b)
  return writer
}

function read(bytes: Uint8Array): [Path, Uint8Array][] {
  const cursor = new SequenceCursor(bytes)
  const list: [Path, Uint8Array][] = []
  while (cursor.next()) list.push([cursor.path, bytes.slice(cursor.start, cursor.end)])
  return list
}

describe('SequenceWriter', () => {
  test('default: a cursor reads what was written', () => {
    fc.assert(
      fc.property(entries, (list) => {
        const bytes = written(list).take()
        expect(read(bytes)).toEqual(list)
        for (const [p, b] of list) expect(findInSequence(bytes, p)).toEqual(b)
      }),
    )
  })

  test('behavior: the size is the sum of entryBytes', () => {
    fc.assert(
      fc.property(entries, (list) => {
        const writer = new SequenceWriter()
        let size = 0
        for (const [p, b] of list) {
          size += entryBytes(p.length - writer.sharedWith(p), b.length)
          writer.append(p, b)
          expect(writer.length).toBe(size)
        }
      }),
    )
  })

  test('behavior: two sequences in order, one behind the other, are a sequence', () => {
    fc.assert(
      fc.property(entries, fc.nat(), (list, at) => {
        const cut = at % (list.length + 1)
        const writer = written(list.slice(0, cut))
        const rest = written(list.slice(cut))
        if (rest.last !== null) writer.appendSequence(rest.view(), rest.last)
        expect(writer.last).toBe(list.at(-1)?.[0] ?? null)
        expect(read(writer.take())).toEqual(list)
      }),
    )
  })

  test('behavior: appendNibbles writes what append writes', () => {
    fc.assert(
      fc.property(entries, (list) => {
        const writer = new SequenceWriter(16)
        const nibbles = new Uint8Array(128)
        for (const [p, b] of list) {
          writeNibbles(p, nibbles)
          const source = Uint8Array.of(9, ...b, 9)
          writer.appendNibbles(writer.sharedWith(p), nibbles, p.length, source, 1, 1 + b.length)
          writer.setLast(p)
        }
        expect(writer.take()).toEqual(written(list).take())
      }),
    )
  })
})

describe('SequenceCursor', () => {
  const node = [...RLP.encode(['node'])]
  test.each([
    ['a suffix that is cut off', [0]],
    ['a node that is missing', [0, 1, 0x10]],
    ['a node that is cut off', [0, 0, ...node.slice(0, -1)]],
    ['a node that is not canonical', [0, 0, 0x81, 5]],
    ['sharing with nothing', [1, 0, ...node]],
    ['sharing more than there is', [0, 1, 0x10, ...node, 2, 1, 0x10, ...node]],
    ['the same path twice', [0, 1, 0x10, ...node, 1, 0, ...node]],
    ['the same path twice, spelled out', [0, 1, 0x10, ...node, 0, 1, 0x10, ...node]],
    ['the root twice', [0, 0, ...node, 0, 0, ...node]],
    ['a path behind its extension', [0, 2, 0x12, ...node, 1, 0, ...node]],
    ['a smaller path', [0, 2, 0x12, ...node, 1, 1, 0x10, ...node]],
    ['padding', [0, 1, 0x11, ...node]],
    ['a path of 129 nibbles', [0, 129, ...new Array(65).fill(0), ...node]],
  ])('error: %s', (_, bytes) => {
    expect(() => read(Uint8Array.from(bytes))).toThrow(expect.objectContaining({ code: 'badSequence' }))
  })

  test('error: flips of any bit never make a cursor throw anything else, nor run out of bounds', () => {
    const bytes = written([...'0123456789abcdef'].map((n) => [`12${n}34` as Path, RLP.encode([n, 'value'])])).take()
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = bytes.slice()
      damaged[bit >> 3]! ^= 1 << (bit & 7)
      try {
        read(damaged)
      } catch (error) {
        expect(error).toMatchObject({ code: 'badSequence' })
      }
    }
  })
})
