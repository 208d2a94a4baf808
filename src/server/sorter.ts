/**
 * Sorts records by key: in memory as long as they fit, and then over a temporary LevelDB. Equal keys are kept in order
 * of arrival, so the reader can detect them.
 */
import { rm } from 'node:fs/promises'
import { SORT_BATCH, SORT_MEMORY_BYTES } from './constants.ts'
import { type Level, openLevel } from './level.ts'
import { onDisk } from './platform-error.ts'

export interface SorterOptions {
  /** A directory for records beyond the memory. Created when needed, deleted by `close`. */
  readonly directory: string
  readonly memoryBytes?: number
}

export type SortRecord = readonly [key: Uint8Array, value: Uint8Array]

/**
 * Call `add` for each record, `spill` whenever `add` returns true, then read `sorted` once, then `close`. No key may be
 * a prefix of another. All methods using the disk reject with `missingPackage`, `diskFull` or `badDatabase`.
 */
export class Sorter {
  readonly #directory: string
  readonly #memoryBytes: number
  /** Keys as Latin-1 text, one character a byte. Such strings compare like bytes, several times as fast as buffers. */
  #held: [key: string, value: Uint8Array][] = []
  #heldBytes = 0
  #level: Level<Uint8Array> | undefined
  #count = 0

  constructor({ directory, memoryBytes = SORT_MEMORY_BYTES }: SorterOptions) {
    this.#directory = directory
    this.#memoryBytes = memoryBytes
  }

  /** Number of records so far. */
  get count(): number {
    return this.#count
  }

  /** Takes a record. Returns true if the memory is full: call {@link spill} before the next record. */
  add(key: Uint8Array, value: Uint8Array): boolean {
    this.#held.push([textOf(key), value])
    this.#heldBytes += key.length + value.length
    this.#count++
    return this.#heldBytes > this.#memoryBytes
  }

  /** Moves all records in memory to the disk. */
  async spill(): Promise<void> {
    this.#level ??= await openLevel<Uint8Array>(this.#directory, 'view')
    const records = this.#takeHeld()
    const first = this.#count - records.length
    for (let from = 0; from < records.length; from += SORT_BATCH) {
      const batch = records
        .slice(from, from + SORT_BATCH)
        .map(([key, value], i) => ({ type: 'put' as const, key: spilledKey(key, first + from + i), value }))
      await onDisk(`cannot write to ${this.#directory}`, this.#level.batch(batch))
    }
  }

  /** Yields all records in the order of their keys. */
  async *sorted(): AsyncGenerator<SortRecord> {
    if (this.#level === undefined) {
      for (const [key, value] of this.#takeHeld()) yield [Buffer.from(key, 'latin1'), value]
      return
    }
    await this.spill()
    const iterator = this.#level.iterator()
    const next = () => onDisk(`cannot read ${this.#directory}`, iterator.nextv(SORT_BATCH))
    try {
      for (let batch = await next(); batch.length > 0; batch = await next()) {
        for (const [key, value] of batch) yield [key.subarray(0, -SEQUENCE_BYTES), value]
      }
    } finally {
      await iterator.close().catch(() => {}) // closing the database closes its iterators as well
    }
  }

  /** Deletes the spilled records. */
  async close(): Promise<void> {
    this.#held = []
    const level = this.#level
    if (level === undefined) return
    this.#level = undefined
    try {
      await onDisk(`cannot close ${this.#directory}`, level.close())
    } finally {
      await onDisk(`cannot delete ${this.#directory}`, rm(this.#directory, { recursive: true, force: true }))
    }
  }

  #takeHeld(): [string, Uint8Array][] {
    const records = this.#held
    this.#held = []
    this.#heldBytes = 0
    return records.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  }
}

/** 2^48 records are more than any disk holds. */
const SEQUENCE_BYTES = 6

function textOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1')
}

/** Appends a number to the key, to keep equal keys apart and in order. */
function spilledKey(key: string, sequence: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(key.length + SEQUENCE_BYTES)
  bytes.write(key, 'latin1')
  bytes.writeUIntBE(sequence, key.length, SEQUENCE_BYTES)
  return bytes
}
