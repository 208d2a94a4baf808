/**
 * Looks at LevelDB's tables before LevelDB does. It takes lengths and keys in them as they are, and ends the process by an
 * assertion where one of them cannot be. So everything that it finds its way by is checked here: footers, and the indexes
 * and the small blocks by their own checksums (CRC-32C); of a block that holds one large value, the lengths. Few bytes are
 * read, at once: this is done at the start only. Form: leveldb's doc/table_format.md.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** The names of the tables in `directory` that LevelDB must not meet. */
export async function damagedTables(directory: string): Promise<string[]> {
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
  if (size < FOOTER_BYTES) return true // LevelDB sees that by itself, or does not use the file
  const footer = read(file, size - FOOTER_BYTES, FOOTER_BYTES)
  if (footer.readBigUInt64LE(FOOTER_BYTES - 8) !== MAGIC) return false
  const reader = new Reader(footer)
  const [meta, index] = [reader.handle(), reader.handle()]
  const inFile = ({ offset, size: bytes }: Handle) => offset + bytes + TRAILER_BYTES <= size - FOOTER_BYTES
  if (!inFile(meta) || !inFile(index)) return false
  if (checkedBlock(file, meta) === undefined) return false
  const entries = checkedBlock(file, index)
  if (entries === undefined) return false
  // A repair of LevelDB's own compresses, which is not read here: such a table is rewritten by the next compaction.
  if (read(file, index.offset + index.size, 1)[0] !== 0) return true
  for (const handle of handlesOf(entries)) if (!inFile(handle) || !isDataBlock(file, handle)) return false
  return true
}

/** A large block is one entry, whose bytes are compared when they are read; where its lengths say otherwise, its checksum decides. */
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

/** The block's bytes, if they have their checksum. */
function checkedBlock(file: number, { offset, size }: Handle): Buffer | undefined {
  const bytes = read(file, offset, size + TRAILER_BYTES)
  const crc = crc32c(bytes.subarray(0, size + 1))
  const masked = (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
  return bytes.readUInt32LE(size + 1) === masked ? bytes.subarray(0, size) : undefined
}

/** The values of an index: where each block is. */
function handlesOf(entries: Buffer): Handle[] {
  const handles: Handle[] = []
  const reader = new Reader(entries)
  const end = entries.length - 4 - 4 * entries.readUInt32LE(entries.length - 4)
  while (reader.at < end) {
    reader.varint() // shared with the key before
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
/** The kind of compression, and the checksum. */
const TRAILER_BYTES = 5
/** Twice LevelDB's own size of a block: one that is larger has a single value that made it so. */
const SMALL_BLOCK_BYTES = 8 * 1024

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, i) => {
  let crc = i
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  return crc >>> 0
})

/** Castagnoli's polynomial, which zlib does not have. */
function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 255]! ^ (crc >>> 8)
  return ~crc >>> 0
}
