import { RLP } from '@ethereumjs/rlp'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeHexPrefix, encodeHexPrefix } from './hex-prefix.ts'
import { type Child, decodeNode, type Node } from './node.ts'
import { NodeScanner } from './node-scanner.ts'
import type { Path } from './path.ts'

type Item = Uint8Array | string | number | Item[]
const hash = new Uint8Array(32).fill(7)
const NONE = new Uint8Array()
const leafKey = (nibbles: number) => encodeHexPrefix('a'.repeat(nibbles) as Path, true)
const extensionKey = (nibbles: number) => encodeHexPrefix('b'.repeat(nibbles) as Path, false)
const branch = (children: Record<number, Item>, value: Item = NONE): Item[] => [
  ...Array.from({ length: 16 }, (_, i) => children[i] ?? NONE),
  value,
]
const blobOf = (item: Item) => RLP.encode(item as Parameters<typeof RLP.encode>[0])

const valid: [string, Item, number][] = [
  ['a branch of hashes', branch({ 0: hash, 15: hash }), 0],
  ['a full branch', branch(Object.fromEntries(Array.from({ length: 16 }, (_, i) => [i, hash]))), 5],
  ['a branch with an embedded leaf', branch({ 1: [leafKey(40), 'v'], 2: hash }), 23],
  ['embedded in embedded', branch({ 1: branch({ 3: [leafKey(0), 'v'], 4: [leafKey(0), 'w'] }), 2: hash }), 62],
  [
    'an embedded extension',
    branch({ 1: [extensionKey(1), branch({ 3: [leafKey(0), 'v'], 4: [leafKey(0), 'w'] })], 2: hash }),
    61,
  ],
  ['an extension to a hash', [extensionKey(5), hash], 58],
  ['an extension to an embedded branch', [extensionKey(2), branch({ 3: [leafKey(0), 'v'], 4: [leafKey(0), 'w'] })], 61],
  ['a leaf', [leafKey(64), 'value'], 0],
  ['a leaf with nothing left of its key', [leafKey(0), 'a value of more than a few bytes, so that it is hashed'], 64],
  ['a leaf with a value like a hash', [leafKey(10), hash], 54],
]

const invalid: [string, Item | Uint8Array, number][] = [
  ['nothing', NONE, 0],
  ['a string', blobOf('node'), 0],
  ['an empty list', [], 0],
  ['one item', [hash], 0],
  ['three items', [leafKey(64), 'value', NONE], 0],
  ['16 items', branch({ 0: hash, 1: hash }).slice(1), 0],
  ['18 items', [...branch({ 0: hash, 1: hash }), NONE], 0],
  ['a branch with a value', branch({ 0: hash, 1: hash }, 'value'), 0],
  ['a branch with a list for a value', branch({ 0: hash, 1: hash }, []), 0],
  ['a branch with one child', branch({ 3: hash }), 0],
  ['a branch without children', branch({}), 0],
  ['a child of 31 bytes', branch({ 0: hash, 1: hash.subarray(1) }), 0],
  ['a child of 33 bytes', branch({ 0: hash, 1: new Uint8Array(33) }), 0],
  ['a child of one byte', branch({ 0: hash, 1: 5 }), 0],
  ['an embedded node of 32 bytes', branch({ 0: hash, 1: [leafKey(40), 'ninebytes'] }), 23],
  ['a branch at the end of its keys', branch({ 0: hash, 1: hash }), 64],
  [
    'an embedded branch at the end of its keys',
    branch({ 1: branch({ 3: [leafKey(0), 'v'], 4: [leafKey(0), 'w'] }), 2: hash }),
    63,
  ],
  ['an embedded leaf of a wrong depth', branch({ 1: [leafKey(50), 'v'], 2: hash }), 3],
  ['an embedded node of three items', branch({ 1: ['a', 'b', 'c'], 2: hash }), 3],
  ['a leaf that is too short', [leafKey(63), 'value'], 0],
  ['a leaf that is too long', [leafKey(64), 'value'], 1],
  ['a leaf without a value', [leafKey(64), NONE], 0],
  ['a leaf with a list', [leafKey(64), ['value']], 0],
  ['a key that is a list', [[], 'value'], 0],
  ['an empty key', [NONE, 'value'], 0],
  ['a key with a flag above 3', [Uint8Array.of(0x40, ...new Uint8Array(32)), 'value'], 0],
  ['a key with padding', [Uint8Array.of(0x21, ...new Uint8Array(32)), 'value'], 0],
  ['an extension without nibbles', [extensionKey(0), hash], 0],
  ['an extension that ends at 64', [extensionKey(64), hash], 0],
  ['an extension without a child', [extensionKey(3), NONE], 0],
  ['an extension to a short hash', [extensionKey(3), hash.subarray(1)], 0],
  ['an extension to an embedded leaf', [extensionKey(3), [leafKey(10), 'v']], 51],
  ['trailing bytes', Uint8Array.of(...blobOf([leafKey(64), 'value']), 0), 0],
  ['a cut', blobOf([leafKey(64), 'value']).subarray(0, -1), 0],
  ['a long form for a short length', Uint8Array.of(0xf8, 3, 0x82, 1, 2), 0],
  ['a length with a leading zero', Uint8Array.of(0xf9, 0, 60, ...new Uint8Array(60)), 0],
  ['a prefixed byte that needs none', Uint8Array.of(0xc4, 0x81, 0x20, 0x81, 0x05), 64],
]

const toBlob = (node: Item | Uint8Array) => (node instanceof Uint8Array ? node : blobOf(node))

/** Derives the expected result of the scanner from the decoded node. */
function summaryOf(node: Node) {
  const children: [number, string][] = []
  let embeddedLeaves = 0
  const visit = (child: Child | null, nibble: number) => {
    if (child === null) return
    if ('hash' in child) children.push([nibble, child.hash.join()])
    else count(child.node)
  }
  const count = (inner: Node) => {
    if (inner.kind === 'leaf') embeddedLeaves++
    else if (inner.kind === 'extension') visit(inner.child, 0)
    else inner.children.forEach(visit)
  }
  if (node.kind !== 'leaf') count(node)
  const key = node.kind === 'branch' ? null : node.key
  return { kind: node.kind, children, embeddedLeaves, key, value: node.kind === 'leaf' ? node.value.join() : null }
}

function scanSummary(blob: Uint8Array, depth: number) {
  // Between other bytes, as in a run: nothing outside of the node may matter.
  const bytes = new Uint8Array(blob.length + 8).fill(0xa0)
  bytes.set(blob, 3)
  const scanner = new NodeScanner()
  scanner.scan(bytes, 3, 3 + blob.length, depth)
  const isBranch = scanner.kind === 'branch'
  return {
    kind: scanner.kind,
    children: Array.from({ length: scanner.childCount }, (_, i) => [
      isBranch ? scanner.childNibble[i] : 0,
      bytes.subarray(scanner.childHash[i]!, scanner.childHash[i]! + 32).join(),
    ]),
    embeddedLeaves: scanner.embeddedLeaves,
    key: isBranch ? null : decodeHexPrefix(bytes.subarray(scanner.keyStart, scanner.keyEnd))?.key,
    value: scanner.kind === 'leaf' ? bytes.subarray(scanner.valueStart, scanner.valueEnd).join() : null,
  }
}

describe('decodeNode', () => {
  test.each(valid)('default: decodes %s', (_, node, depth) => {
    expect(decodeNode(toBlob(node), depth).kind).toMatch(/branch|extension|leaf/)
  })

  test.each(invalid)('error: %s', (_, node, depth) => {
    expect(() => decodeNode(toBlob(node), depth)).toThrow(expect.objectContaining({ code: 'badNode' }))
  })
})

describe('NodeScanner', () => {
  test.each(valid)('default: finds in %s what decodeNode finds', (_, node, depth) => {
    expect(scanSummary(toBlob(node), depth)).toEqual(summaryOf(decodeNode(toBlob(node), depth)))
  })

  test.each(invalid)('error: %s', (_, node, depth) => {
    expect(() => scanSummary(toBlob(node), depth)).toThrow(expect.objectContaining({ code: 'badNode' }))
  })

  test('behavior: accepts and rejects the same mutations as decodeNode, with the same children', () => {
    const start = fc.constantFrom(...valid, ...invalid)
    const edits = fc.array(fc.tuple(fc.nat(700), fc.constantFrom('set', 'insert', 'remove'), fc.nat(255)), {
      maxLength: 3,
    })
    let accepted = 0
    fc.assert(
      fc.property(start, edits, fc.constantFrom(-1, 0, 0, 0, 0, 1), ([, node, depth], changes, shift) => {
        const bytes = [...toBlob(node)]
        for (const [at, kind, byte] of changes) {
          const i = at % (bytes.length + 1)
          if (kind === 'set') bytes[i] = byte
          else bytes.splice(i, kind === 'remove' ? 1 : 0, ...(kind === 'insert' ? [byte] : []))
        }
        const blob = Uint8Array.from(bytes)
        const at = Math.min(64, Math.max(0, depth + shift))
        const outcome = (read: () => unknown) => {
          try {
            return read()
          } catch (error) {
            expect(error).toMatchObject({ code: 'badNode' })
            return 'bad'
          }
        }
        const plain = outcome(() => summaryOf(decodeNode(blob, at)))
        if (plain !== 'bad') accepted++
        expect(outcome(() => scanSummary(blob, at))).toEqual(plain)
      }),
      { numRuns: 20_000 },
    )
    expect(accepted).toBeGreaterThan(500)
  })
})
