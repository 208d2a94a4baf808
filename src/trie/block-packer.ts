/**
 * Packs nodes from post-order into blocks in path order, in bounded memory and in one pass. Each block is the stretch
 * of the sequence from its start to the start of the next block. So all blocks, sorted by start, are the sequence.
 *
 * In post-order a node comes right after its whole subtree. So a stack holds one stretch for each finished subtree. A
 * new node pops the stretches of its subtree and goes in front of them. A stretch larger than {@link PACKER_OPEN_BYTES}
 * emits full blocks and keeps the rest. Blocks therefore leave in any order.
 */

import type { Path } from './path.ts'
import { entryBytes, SequenceWriter } from './sequence.ts'
import type { BuiltNode } from './trie-builder.ts'

/** The largest size of a block, unless a single node is larger. To read one node, the disk reads a whole block. */
const BLOCK_BYTES = 60 * 1024

/**
 * The size at which a stretch is cut. Each cut leaves one block half full on average, so the size is several blocks.
 */
const PACKER_OPEN_BYTES = 8 * BLOCK_BYTES

/** Consecutive nodes in path order, front-coded (see `sequence.ts`). The receiver owns the bytes. */
export interface Block {
  /** Path of the first node. */
  readonly start: Path
  readonly bytes: Uint8Array
}

export interface PackerOptions {
  readonly onBlock: (block: Block) => void
  readonly blockBytes?: number
  readonly openBytes?: number
}

type Entry = Pick<BuiltNode, 'path' | 'blob'>

/** Entries in path order that no block holds yet, and the approximate size of their nodes. */
interface Open {
  readonly entries: Entry[]
  bytes: number
}

/**
 * One finished subtree: the entries before its first block, whether any block was emitted, and the entries after the
 * last block.
 */
interface Stretch {
  readonly path: Path
  readonly head: Open
  hasBlocks: boolean
  tail: Open
}

/**
 * Packs nodes: `add` each node in post-order (as a `TrieBuilder` emits them, storage tries before their account's
 * leaf), then `finish`.
 */
export class Packer {
  readonly #onBlock: (block: Block) => void
  readonly #blockBytes: number
  readonly #openBytes: number
  readonly #stack: Stretch[] = []
  readonly #writer = new SequenceWriter(BLOCK_BYTES)

  constructor(options: PackerOptions) {
    this.#onBlock = options.onBlock
    this.#blockBytes = options.blockBytes ?? BLOCK_BYTES
    this.#openBytes = options.openBytes ?? PACKER_OPEN_BYTES
  }

  add(node: Entry): void {
    const stack = this.#stack
    const merged: Stretch = { path: node.path, head: openOf(node), hasBlocks: false, tail: openOf() }
    let first = stack.length
    while (first > 0 && stack[first - 1]!.path.startsWith(node.path)) first--
    for (let i = first; i < stack.length; i++) this.#append(merged, stack[i]!)
    stack.length = first
    stack.push(merged)
    this.#cut(merged)
  }

  /** Emits the remaining entries as blocks. */
  finish(): void {
    for (const { head, tail } of this.#stack) {
      this.#writeAll(head)
      this.#writeAll(tail)
    }
    this.#stack.length = 0
  }

  /** Appends `next`, the stretch right after `target` in path order. */
  #append(target: Stretch, next: Stretch): void {
    move(next.head, target.hasBlocks ? target.tail : target.head)
    if (!next.hasBlocks) return
    if (target.hasBlocks) this.#writeAll(target.tail) // blocks on both sides: the tail cannot grow
    target.hasBlocks = true
    target.tail = next.tail
  }

  #cut(stretch: Stretch): void {
    if (stretch.tail.bytes > this.#openBytes) stretch.tail = this.#writeFull(stretch.tail)
    if (stretch.head.bytes <= this.#openBytes) return
    if (stretch.hasBlocks) this.#writeAll(stretch.head)
    else stretch.tail = this.#writeFull(stretch.head)
    stretch.hasBlocks = true
    clear(stretch.head)
  }

  #writeAll(open: Open): void {
    const from = this.#writeFrom(open.entries)
    if (this.#writer.length > 0) this.#onBlock({ start: open.entries[from]!.path, bytes: this.#writer.take() })
  }

  /** Emits the full blocks in `open`, and returns the entries after them. */
  #writeFull(open: Open): Open {
    const from = this.#writeFrom(open.entries)
    const bytes = this.#writer.take().length
    return { entries: open.entries.slice(from), bytes }
  }

  /** Emits full blocks. Leaves the other entries in the writer, and returns the index of the first one. */
  #writeFrom(entries: readonly Entry[]): number {
    const writer = this.#writer
    let from = 0
    for (const [i, { path, blob }] of entries.entries()) {
      const size = entryBytes(path.length - writer.sharedWith(path), blob.length)
      if (writer.length > 0 && writer.length + size > this.#blockBytes) {
        this.#onBlock({ start: entries[from]!.path, bytes: writer.take() })
        from = i
      }
      writer.append(path, blob)
    }
    return from
  }
}

function openOf(entry?: Entry): Open {
  return entry === undefined ? { entries: [], bytes: 0 } : { entries: [entry], bytes: entry.blob.length }
}

function move(from: Open, to: Open): void {
  for (const entry of from.entries) to.entries.push(entry)
  to.bytes += from.bytes
}

function clear(open: Open): void {
  open.entries.length = 0
  open.bytes = 0
}
