import { describe, expect, test } from 'vitest'
import type { WayNode } from '../trie/check-way.ts'
import { nobleKeccak } from '../trie/keccak.ts'
import type { Path } from '../trie/path.ts'
import { FetchedNodes } from './fetched-nodes.ts'

/** Returns a node of `bytes` bytes, as RLP. */
function nodeAt(path: string, fill: number, bytes = 40): WayNode {
  const blob = Uint8Array.from([0x80 + bytes - 1, ...new Uint8Array(bytes - 1).fill(fill)])
  return { path: path as Path, hash: nobleKeccak.digest(blob).slice(), blob }
}

describe('FetchedNodes', () => {
  test('default: nodes and codes by their hash', () => {
    const fetched = new FetchedNodes(1000)
    const node = nodeAt('ab', 1)
    const code = Uint8Array.from([1, 2, 3])
    fetched.addNodes([node])
    fetched.addCode(nobleKeccak.digest(code).slice(), code)
    expect(fetched.get(node.hash)).toEqual(node.blob)
    expect(fetched.get(nobleKeccak.digest(code))).toEqual(code)
    expect(fetched.get(nodeAt('ab', 2).hash)).toBeUndefined()
  })

  test('behavior: what was not used for the longest time goes first', () => {
    const fetched = new FetchedNodes(100)
    const [a, b, c] = [nodeAt('a', 1), nodeAt('b', 2), nodeAt('c', 3)]
    fetched.addNodes([a, b])
    fetched.get(a.hash)
    fetched.addNodes([c])
    expect([a, b, c].map(({ hash }) => fetched.get(hash))).toEqual([a.blob, undefined, c.blob])
  })

  test('behavior: what is kept comes back, the newest at each path, and damage takes nothing else along', () => {
    const fetched = new FetchedNodes(10_000)
    const nodes = [nodeAt('b', 1), nodeAt('', 2), nodeAt('ab', 3)]
    const newer = nodeAt('ab', 4)
    fetched.addNodes([...nodes, newer])
    const sequences = fetched.sequences(100)
    expect(sequences.length).toBe(2)
    const again = new FetchedNodes(10_000)
    for (const sequence of sequences) again.load(sequence, nobleKeccak)
    again.load(Uint8Array.from([9, 9, 9]), nobleKeccak)
    expect(again.get(newer.hash)).toEqual(newer.blob)
    expect(again.get(nodes[2]!.hash)).toBeUndefined()
    for (const { hash, blob } of nodes.slice(0, 2)) expect(again.get(hash)).toEqual(blob)
  })
})
