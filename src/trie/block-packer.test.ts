import { RLP } from '@ethereumjs/rlp'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Block } from './block-packer.ts'
import { Packer } from './block-packer.ts'
import type { Path } from './path.ts'
import { SequenceCursor } from './sequence.ts'

interface Entry {
  readonly path: Path
  readonly blob: Uint8Array
}

const nodes = fc
  .uniqueArray(fc.string({ unit: fc.constantFrom(...'01ef'), maxLength: 9 }), { maxLength: 200 })
  .chain((paths) =>
    fc
      .array(fc.uint8Array({ minLength: 1, maxLength: 60 }), { minLength: paths.length, maxLength: paths.length })
      .map((blobs) => paths.map((path, i): Entry => ({ path: path as Path, blob: RLP.encode([blobs[i]!]) }))),
  )

// A last character above all digits sorts a node behind its whole subtree.
const inPostOrder = (list: readonly Entry[]) => [...list].sort((a, b) => (`${a.path}g` < `${b.path}g` ? -1 : 1))
const inPathOrder = (list: readonly Entry[]) => [...list].sort((a, b) => (a.path < b.path ? -1 : 1))

function pack(list: readonly Entry[], blockBytes: number, openBytes: number): Block[] {
  const blocks: Block[] = []
  const packer = new Packer({ blockBytes, openBytes, onBlock: (block) => blocks.push(block) })
  for (const node of inPostOrder(list)) packer.add(node)
  packer.finish()
  return blocks
}

function entriesOf(block: Block): Entry[] {
  const cursor = new SequenceCursor(block.bytes)
  const list: Entry[] = []
  while (cursor.next()) list.push({ path: cursor.path, blob: block.bytes.slice(cursor.start, cursor.end) })
  return list
}

describe('Packer', () => {
  test('default: the blocks, in the order of their starts, are the sequence', () => {
    fc.assert(
      fc.property(nodes, fc.integer({ min: 1, max: 600 }), fc.integer({ min: 0, max: 3000 }), (list, size, open) => {
        const blocks = pack(list, size, open).sort((a, b) => (a.start < b.start ? -1 : 1))
        expect(blocks.flatMap(entriesOf)).toEqual(inPathOrder(list))
        for (const block of blocks) expect(entriesOf(block)[0]!.path).toBe(block.start)
      }),
    )
  })

  test('behavior: a block of more than one node is at most blockBytes', () => {
    fc.assert(
      fc.property(nodes, fc.integer({ min: 100, max: 600 }), (list, blockBytes) => {
        for (const block of pack(list, blockBytes, 2 * blockBytes)) {
          if (entriesOf(block).length > 1) expect(block.bytes.length).toBeLessThanOrEqual(blockBytes)
        }
      }),
    )
  })

  test('behavior: nothing in, nothing out', () => {
    expect(pack([], 100, 200)).toEqual([])
  })

  /** Returns the complete 16-ary tree of three levels: 4,369 nodes of 100 bytes. */
  function completeTree(): Entry[] {
    const blob = RLP.encode([new Uint8Array(97)])
    const below = (path: string): Entry[] => [
      { path: path as Path, blob },
      ...(path.length < 3 ? [...'0123456789abcdef'].flatMap((nibble) => below(path + nibble)) : []),
    ]
    return below('')
  }

  test('behavior: blocks are nearly full', () => {
    const list = completeTree()
    const blocks = pack(list, 4000, 32_000)
    const bytes = blocks.reduce((sum, block) => sum + block.bytes.length, 0)
    expect(bytes / (blocks.length * 4000)).toBeGreaterThan(0.85)
  })

  test('behavior: blocks leave long before the end', () => {
    const list = inPostOrder(completeTree())
    let given = 0
    let held = 0
    let most = 0
    const packer = new Packer({
      blockBytes: 2000,
      openBytes: 4000,
      onBlock: (block) => (given += entriesOf(block).length),
    })
    list.forEach((node, i) => {
      packer.add(node)
      held = i + 1 - given
      most = Math.max(most, held)
    })
    // At most fifteen stretches of 4,000 bytes on each level; only the lowest level without a cut comes near that size.
    expect(most).toBeLessThan(list.length / 4)
  })
})
