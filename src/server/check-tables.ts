/**
 * Checks LevelDB's tables before LevelDB opens them. LevelDB trusts lengths and keys inside a table, and an impossible
 * one ends the process by an assertion. So everything used for navigation is checked here: the footers, and the
 * checksums (CRC-32C) of indexes and small blocks. For a block holding one large value, only the lengths are checked.
 * The reads are small and synchronous, because they happen at the start only. Format: leveldb's doc/table_format.md.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { diskError } from './platform-error.ts'

/**
 * Returns the names of the tables in `directory` that LevelDB must not open; none if there is no directory. Throws
 * `badDatabase`.
 */
export async function damagedTables(directory: string): Promise<string[]> {
  try {
    return await findDamaged(directory)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [] // created in a moment
    throw diskError(`cannot read ${directory}`, error)
  }
}

async function findDamaged(directory: string): Promise<string[]> {
  const names = await readdir(directory)
  const damaged: string[] = []
  for (const name of names.filter((file) => file.endsWith('.ldb'))) {
    const file = openSync(join(directory, name), 'r')
    try {
      if (!isTable(file)) damaged.push(name)
    } finally {
      closeSync(file)
    }
  }
  return damaged
}

interface Handle {
  readonly offset: number
  readonly size: number
}

function isTable(file: number): boolean {
  const { size } = fstatSync(file)
  if (size < FOOTER_BYTES) return true // LevelDB notices a short file by itself, or does not use the file
  const footer = read(file, size - FOOTER_BYTES, FOOTER_BYTES)
  if (footer.readBigUInt64LE(FOOTER_BYTES - 8) !== MAGIC) return false
  const reader = new Reader(footer)
  const [meta, index] = [reader.handle(), reader.handle()]
  const inFile = ({ offset, size: bytes }: Handle) => offset + bytes + TRAILER_BYTES <= size - FOOTER_BYTES
  if (!inFile(meta) || !inFile(index)) return false
  if (checkedBlock(file, meta) === undefined) return false
  const entries = checkedBlock(file, index)
  if (entries === undefined) return false
  // LevelDB's own repair writes compressed indexes, which are not decoded here. The next compaction rewrites such a
  // table.
  if (read(file, index.offset + index.size, 1)[0] !== 0) return true
  for (const handle of handlesOf(entries)) if (!inFile(handle) || !isDataBlock(file, handle)) return false
  return true
}

/**
 * Checks a data block. A large one is a single entry, and its bytes are checked against the inventory when read; here
 * only the lengths count. If the lengths say otherwise, the checksum decides.
 */
function isDataBlock(file: number, handle: Handle): boolean {
  if (handle.size > SMALL_BLOCK_BYTES) {
    const head = new Reader(read(file, handle.offset, 32))
    const [shared, keyBytes, valueBytes] = [head.varint(), head.varint(), head.varint()]
    const restarts = read(file, handle.offset + handle.size - 8, 9)
    const isOne = head.at + keyBytes + valueBytes + 8 === handle.size
    const isPlain = restarts.readUInt32LE(0) === 0 && restarts.readUInt32LE(4) === 1 && restarts[8] === 0
    if (shared === 0 && keyBytes > 8 && isOne && isPlain) return true
  }
  return checkedBlock(file, handle) !== undefined
}

/** Returns the block's bytes, or undefined if the checksum does not match. */
function checkedBlock(file: number, { offset, size }: Handle): Buffer | undefined {
  const bytes = read(file, offset, size + TRAILER_BYTES)
  const crc = crc32c(bytes.subarray(0, size + 1))
  const masked = (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
  return bytes.readUInt32LE(size + 1) === masked ? bytes.subarray(0, size) : undefined
}

/** Returns the values of an index: the position of each block. */
function handlesOf(entries: Buffer): Handle[] {
  const handles: Handle[] = []
  const reader = new Reader(entries)
  const end = entries.length - 4 - 4 * entries.readUInt32LE(entries.length - 4)
  while (reader.at < end) {
    reader.varint() // bytes shared with the previous key
    const keyBytes = reader.varint()
    const next = reader.varint() + keyBytes + reader.at
    reader.at += keyBytes
    handles.push(reader.handle())
    reader.at = next
  }
  return handles
}

function read(file: number, at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  readSync(file, bytes, 0, length, at)
  return bytes
}

class Reader {
  at = 0
  readonly #bytes: Buffer

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  varint(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#bytes[this.at++] ?? 0
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }

  handle(): Handle {
    return { offset: this.varint(), size: this.varint() }
  }
}

const FOOTER_BYTES = 48
const MAGIC = 0xdb4775248b80fb57n
/** The compression type, and the checksum. */
const TRAILER_BYTES = 5
/** Twice LevelDB's own block size: a larger block must hold a single large value. */
const SMALL_BLOCK_BYTES = 8 * 1024

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, i) => {
  let crc = i
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  return crc >>> 0
})

/** Returns the CRC-32C (Castagnoli's polynomial), which zlib does not offer. */
function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 255]! ^ (crc >>> 8)
  return ~crc >>> 0
}
