/**
 * Serves one state from the database. Blocks lie in path order, so a run is one seek and then sequential reading. A way
 * consists of the nodes on prefixes of its key, collected from the deepest block upwards.
 */
import { hexToBytes } from '@noble/hashes/utils.js'
import { createFastKeccak } from '../trie/fast-keccak.ts'
import { equalHash, type Keccak } from '../trie/keccak.ts'
import { type NodeSource, OWN_WORK, type Ref, type Work } from '../trie/node-source.ts'
import { KEY_NIBBLES, nibbleAt, type Path, sharedNibbles } from '../trie/path.ts'
import { SequenceCursor } from '../trie/sequence.ts'
import { BlockCache } from './block-cache.ts'
import { damagedState, isCorruption } from './damage.ts'
import { HeaderSource } from './header-source.ts'
import { StateDatabase } from './state-database.ts'
import type { StateInfo } from './state-info.ts'
import { checkOf, indexOfCode, type StateInventory } from './state-inventory.ts'

const NOTHING = new Uint8Array()

/** One stored state as the source of a server's answers. */
export class LevelSource implements NodeSource {
  readonly info: StateInfo
  /** 32 bytes. */
  readonly root: Uint8Array
  readonly #database: StateDatabase
  readonly #keccak: Keccak
  readonly #inventory: StateInventory
  /** The start of each block, in path order. */
  readonly #starts: readonly Path[]
  readonly #blocks: BlockCache
  readonly #headers: HeaderSource

  private constructor(database: StateDatabase, info: StateInfo, inventory: StateInventory, keccak: Keccak) {
    this.info = info
    this.root = hexToBytes(info.root)
    this.#database = database
    this.#keccak = keccak
    this.#inventory = inventory
    this.#starts = inventory.starts
    this.#blocks = new BlockCache((index) => this.#readBlock(index))
    this.#headers = new HeaderSource(info.header === undefined ? [] : [hexToBytes(info.header)])
  }

  /**
   * Opens a source for a complete state of `database`. The database must stay open as long as the source is used.
   * Rejects with `damagedState` if a part is missing. Other damage rejects the reads concerned, with the same code.
   */
  static async open(database: StateDatabase, info: StateInfo): Promise<LevelSource> {
    const inventory = await StateDatabase.check(database).inventory(info)
    return new LevelSource(database, info, inventory, await createFastKeccak())
  }

  has(root: Uint8Array): boolean {
    return equalHash(this.root, root)
  }

  async run(
    root: Uint8Array,
    ref: Ref,
    maxNodes: number,
    maxBytes: number,
    work: Work = OWN_WORK,
  ): Promise<Uint8Array> {
    if (!this.has(root)) return NOTHING
    let index = this.#indexOf(ref.path)
    if (index < 0) return NOTHING
    let cursor = new SequenceCursor(await this.#blocks.get(index))
    if (!work.do(() => seek(cursor, ref.path) && this.#holds(cursor, ref))) return NOTHING
    const run = new Pieces()
    while (!work.do(() => run.fill(cursor, ref.path, maxNodes, maxBytes)) && ++index < this.#starts.length) {
      await work.pause()
      cursor = new SequenceCursor(await this.#blocks.get(index))
      cursor.next()
    }
    return work.do(() => run.join())
  }

  async path(root: Uint8Array, ref: Ref, key: Path, work: Work = OWN_WORK): Promise<Uint8Array> {
    if (!this.has(root) || !key.startsWith(ref.path)) return NOTHING
    const levels: Pieces[] = []
    // An account's leaf lies above 64 nibbles. At 64 nibbles the account's storage begins, which is not on the way.
    let deepest = key.length === KEY_NIBBLES ? KEY_NIBBLES - 1 : key.length
    while (deepest >= ref.path.length) {
      const index = this.#indexOf(key.slice(0, deepest))
      if (index < 0) break
      if (levels.length > 0) await work.pause()
      const block = await this.#blocks.get(index)
      const { pieces, foundRef } = work.do(() => this.#prefixesOf(key, deepest, ref, block))
      levels.unshift(pieces)
      if (foundRef) return Pieces.join(levels)
      // All further prefixes of the key stand ahead of this block, so each is also a prefix of the block's start.
      deepest = Math.min(deepest, sharedNibbles(this.#starts[index]!, key), this.#starts[index]!.length - 1)
    }
    return NOTHING
  }

  async code(hash: Uint8Array): Promise<Uint8Array | undefined> {
    const index = indexOfCode(this.#inventory, hash)
    if (index < 0) return undefined
    const name = `the code ${Buffer.from(hash).toString('hex')}`
    return this.#whole(name, await this.#read(name, this.#database.code(hash)), this.#inventory.codeChecks[index]!)
  }

  header(hash: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#headers.header(hash)
  }

  /**
   * Collects the nodes in `block` on the way from `ref` to `key`, of at most `deepest` nibbles. Also tells whether
   * `ref` is among them.
   */
  #prefixesOf(key: Path, deepest: number, ref: Ref, block: Uint8Array): { pieces: Pieces; foundRef: boolean } {
    const pieces = new Pieces()
    let foundRef = false
    const cursor = new SequenceCursor(block)
    /** Leading nibbles shared by the previous entry and the key. */
    let matched = 0
    while (cursor.next()) {
      const { pathLength } = cursor
      // An entry diverging from the key earlier than the previous entry lies behind the key, and so do all later ones.
      if (cursor.shared < matched) break
      if (cursor.shared === matched) matched = matchedNibbles(cursor, key, matched)
      if (isBehind(cursor, key, matched)) break
      if (matched < pathLength || pathLength < ref.path.length || pathLength > deepest) continue
      if (pathLength === ref.path.length) foundRef = this.#holds(cursor, ref)
      pieces.add(cursor)
    }
    return { pieces, foundRef }
  }

  /** Returns the index of the last block beginning at or before `path`; -1: no such block. */
  #indexOf(path: string): number {
    let low = 0
    let high = this.#starts.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#starts[middle]! <= path) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  #holds(cursor: SequenceCursor, ref: Ref): boolean {
    return equalHash(this.#keccak.digest(cursor.bytes.subarray(cursor.start, cursor.end)), ref.hash)
  }

  async #readBlock(index: number): Promise<Uint8Array> {
    const start = this.#starts[index]!
    const name = `its block at '${start}'`
    const block = await this.#read(name, this.#database.block(this.info.id, start))
    return this.#whole(name, block, this.#inventory.blockChecks[index]!)
  }

  async #read(name: string, reading: Promise<Uint8Array | undefined>): Promise<Uint8Array | undefined> {
    try {
      return await reading
    } catch (error) {
      throw isCorruption(error) ? damagedState(this.info, `${name} cannot be read`, error) : error
    }
  }

  /** Returns the bytes if they have the importer's checksum. Throws `damagedState`. */
  #whole(name: string, bytes: Uint8Array | undefined, check: number): Uint8Array {
    if (bytes === undefined) throw damagedState(this.info, `${name} is missing`)
    if (checkOf(bytes) !== check) throw damagedState(this.info, `${name} is not what was written`)
    return bytes
  }
}

/** Views of nodes inside their blocks, to be joined at the end. */
class Pieces {
  readonly #views: Uint8Array[] = []
  bytes = 0

  get count(): number {
    return this.#views.length
  }

  /** Adds the block's nodes below `path`, from the cursor's entry on. Returns true at the end of the run. */
  fill(cursor: SequenceCursor, path: Path, maxNodes: number, maxBytes: number): boolean {
    do {
      if (!isBelow(cursor, path)) return true
      this.add(cursor)
      if (this.count === maxNodes || this.bytes >= maxBytes) return true
    } while (cursor.next())
    return false
  }

  add({ bytes, start, end }: SequenceCursor): void {
    this.#views.push(bytes.subarray(start, end))
    this.bytes += end - start
  }

  join(): Uint8Array {
    return Pieces.join([this])
  }

  static join(list: readonly Pieces[]): Uint8Array {
    const joined = new Uint8Array(list.reduce((sum, { bytes }) => sum + bytes, 0))
    let at = 0
    for (const pieces of list) {
      for (const view of pieces.#views) {
        joined.set(view, at)
        at += view.length
      }
    }
    return joined
  }
}

/** Moves `cursor` from the beginning to the entry at `path`. Returns false if there is none. */
function seek(cursor: SequenceCursor, path: Path): boolean {
  let matched = 0
  while (cursor.next()) {
    if (cursor.shared < matched) return false
    if (cursor.shared === matched) matched = matchedNibbles(cursor, path, matched)
    if (matched === path.length && cursor.pathLength === matched) return true
    if (isBehind(cursor, path, matched)) return false
  }
  return false
}

function isBelow(cursor: SequenceCursor, path: Path): boolean {
  return cursor.pathLength >= path.length && agrees(cursor, path, path.length)
}

/** Counts the leading nibbles shared by the entry and `key`. The first `from` nibbles are known to be equal. */
function matchedNibbles({ nibbles, pathLength }: SequenceCursor, key: Path, from: number): number {
  let at = from
  while (at < pathLength && at < key.length && nibbles[at] === nibbleAt(key, at)) at++
  return at
}

/** True if the entry lies behind `path`; exactly `matched` leading nibbles are shared. */
function isBehind({ nibbles, pathLength }: SequenceCursor, path: Path, matched: number): boolean {
  if (matched === pathLength) return false
  return matched === path.length || nibbles[matched]! > nibbleAt(path, matched)
}

function agrees({ nibbles }: SequenceCursor, path: Path, length: number): boolean {
  // From the back, because neighbours in a block differ in their last nibbles.
  for (let i = length - 1; i >= 0; i--) if (nibbles[i] !== nibbleAt(path, i)) return false
  return true
}
