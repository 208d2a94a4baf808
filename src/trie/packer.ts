/**
 * Cuts nodes that arrive in post-order into blocks that hold them in path order, in bounded memory and in one pass. Each
 * block is the stretch of the sequence from its start to the start of the next, so all blocks, by start, are the sequence.
 *
 * Post-order puts a node right behind everything below it. So a stack holds one stretch for each finished subtree, and a
 * new node takes the stretches below it off the top, itself in front. A stretch that has grown past
 * {@link PACKER_OPEN_BYTES} gives away full blocks and keeps what is left of them; blocks therefore leave in any order.
 */
import type { BuiltNode } from './builder.ts'
import type { Path } from './path.ts'
import { entryBytes, SequenceWriter } from './sequence.ts'

/** Size of a block, at most, unless a single node is larger: a read of one node pulls this much off the disk. */
export const BLOCK_BYTES = 60 * 1024

/** A stretch is cut at this size. Each cut leaves one block half full on average, so it is several blocks. */
export const PACKER_OPEN_BYTES = 8 * BLOCK_BYTES

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

/** Entries in path order that no block holds yet, and the size of their nodes, roughly. */
interface Open {
  readonly entries: Entry[]
  bytes: number
}

/** One finished subtree: what stands in front of its first block, whether there is one, and what stands behind the last. */
interface Stretch {
  readonly path: Path
  readonly head: Open
  hasBlocks: boolean
  tail: Open
}

/** Takes nodes in post-order (those of a `TrieBuilder`, storage tries ahead of their account's leaf), then `finish`. */
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

  /** Gives away what is left. */
  finish(): void {
    for (const { head, tail } of this.#stack) {
      this.#writeAll(head)
      this.#writeAll(tail)
    }
    this.#stack.length = 0
  }

  /** `next` stands right behind `target` in path order. */
  #append(target: Stretch, next: Stretch): void {
    move(next.head, target.hasBlocks ? target.tail : target.head)
    if (!next.hasBlocks) return
    if (target.hasBlocks) this.#writeAll(target.tail) // closed in by blocks on both sides: it cannot grow
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

  /** Writes as many full blocks as `open` holds, and returns the entries behind them. */
  #writeFull(open: Open): Open {
    const from = this.#writeFrom(open.entries)
    const bytes = this.#writer.take().length
    return { entries: open.entries.slice(from), bytes }
  }

  /** Writes full blocks. The rest, from the entry whose index it returns, is left in the writer. */
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
