/**
 * The inventory of a complete state: every block and every code, each with the CRC-32 of its bytes. LevelDB replays a
 * damaged log and reads a damaged table silently, so loss and change show only against this list. The catalog holds the
 * check of the inventory itself.
 */
import { crc32 } from 'node:zlib'
import type { Path } from '../trie/path.ts'
import { pathOfNibbles, writeNibbles } from '../trie/path.ts'

/** Blocks by start, in path order, and codes by hash, in order. Each check has the index of its block or code. */
export interface StateInventory {
  readonly starts: readonly Path[]
  readonly blockChecks: Uint32Array
  /** Hashes of 32 bytes, concatenated. */
  readonly codes: Uint8Array
  readonly codeChecks: Uint32Array
}

/** Collects an inventory. Blocks and codes may come in any order, each one once. */
export class InventoryWriter {
  readonly #blocks: [start: Path, check: number][] = []
  readonly #codes: [hash: Buffer, check: number][] = []

  addBlock(start: Path, bytes: Uint8Array): void {
    this.#blocks.push([start, checkOf(bytes)])
  }

  /** Adds a code. `hash` is 32 bytes. */
  addCode(hash: Uint8Array, bytes: Uint8Array): void {
    this.#codes.push([Buffer.from(hash), checkOf(bytes)])
  }

  finish(): StateInventory {
    const blocks = this.#blocks.sort(([a], [b]) => (a < b ? -1 : 1))
    const codes = this.#codes.sort(([a], [b]) => Buffer.compare(a, b))
    return {
      starts: blocks.map(([start]) => start),
      blockChecks: Uint32Array.from(blocks, ([, check]) => check),
      codes: Buffer.concat(codes.map(([hash]) => hash)),
      codeChecks: Uint32Array.from(codes, ([, check]) => check),
    }
  }
}

/** Returns the CRC-32: the inventory's check of a block or a code, and the catalog's check of an inventory. */
export function checkOf(bytes: Uint8Array): number {
  return crc32(bytes)
}

/** Returns the index of the code with this hash (32 bytes) in `inventory`; -1: the state has no such code. */
export function indexOfCode({ codes, codeChecks }: StateInventory, hash: Uint8Array): number {
  let low = 0
  let high = codeChecks.length
  while (low < high) {
    const middle = (low + high) >> 1
    const order = Buffer.compare(codes.subarray(middle * HASH_BYTES, (middle + 1) * HASH_BYTES), hash)
    if (order === 0) return middle
    if (order < 0) low = middle + 1
    else high = middle
  }
  return -1
}

/**
 * Encodes an inventory:
 *
 *     blocks (4) | for each: check (4), nibbles of the start (1), the start, a byte a nibble | codes (4) | hashes | checks (4 each)
 */
export function encodeInventory({ starts, blockChecks, codes, codeChecks }: StateInventory): Uint8Array {
  const startBytes = starts.reduce((sum, start) => sum + 5 + start.length, 0)
  const bytes = Buffer.alloc(8 + startBytes + codes.length + 4 * codeChecks.length)
  let at = bytes.writeUInt32BE(starts.length)
  for (const [i, start] of starts.entries()) {
    at = bytes.writeUInt32BE(blockChecks[i]!, at)
    at = bytes.writeUInt8(start.length, at)
    writeNibbles(start, bytes, at)
    at += start.length
  }
  at = bytes.writeUInt32BE(codeChecks.length, at)
  bytes.set(codes, at)
  at += codes.length
  for (const check of codeChecks) at = bytes.writeUInt32BE(check, at)
  return bytes
}

/** Decodes an inventory without any check. The caller has compared the check of `bytes`. */
export function decodeInventory(bytes: Uint8Array): StateInventory {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const starts: Path[] = []
  const blockChecks = new Uint32Array(view.getUint32(0))
  let at = 4
  for (let i = 0; i < blockChecks.length; i++) {
    blockChecks[i] = view.getUint32(at)
    const from = at + 5
    at = from + bytes[at + 4]!
    starts.push(pathOfNibbles(bytes, from, at))
  }
  const codeChecks = new Uint32Array(view.getUint32(at))
  const codes = bytes.slice(at + 4, at + 4 + HASH_BYTES * codeChecks.length)
  at += 4 + codes.length
  for (let i = 0; i < codeChecks.length; i++) codeChecks[i] = view.getUint32(at + 4 * i)
  return { starts, blockChecks, codes, codeChecks }
}

const HASH_BYTES = 32
