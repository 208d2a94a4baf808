/**
 * The disk of a trial: records in memory, surviving the process. Reads and writes take time, some writes fail, and
 * after some writes the process dies. A crash keeps whole writes: all up to the last strict one, and perhaps a part of
 * the later ones.
 */
import { bytesToHex } from '@noble/hashes/utils.js'
import type { Clock } from '../../runtime/clock.ts'
import { MemoryRecords } from '../../store/database/memory-records.ts'
import type { Durability, Records } from '../../store/database/records.ts'
import { StoreError } from '../../store/errors.ts'
import { decodePageKey, isLoose } from '../../store/format/page-key.ts'
import type { Operation, RecordStore, RecordTypes } from '../../store/format/record-types.ts'
import type { Path } from '../../trie/path.ts'
import { SequenceCursor } from '../../trie/sequence.ts'
import type { BuiltNode } from '../../trie/trie-builder.ts'
import type { Random } from '../random.ts'
import type { StorePlan } from './plan.ts'

export interface SimulatedDiskOptions {
  readonly plan: StorePlan
  readonly random: Random
  /** Ends the process now: the pending write was the last. */
  readonly onCrash: () => void
  /** Called when a write does not fit. */
  readonly onFailure: () => void
}

interface Write {
  readonly operations: readonly Operation[]
  readonly durability: Durability
}

export class SimulatedDisk {
  /** Number of writes requested so far. */
  writes = 0
  readonly options: SimulatedDiskOptions
  #records = new MemoryRecords()
  #journal: Write[] = []
  /** Nodes in covering pages of any generation, as written. */
  #nodes = new Map<Path, Uint8Array[]>()

  constructor(options: SimulatedDiskOptions) {
    this.options = options
  }

  /** Opens a connection for a process running on `clock`. */
  connect(clock: Clock): DiskConnection {
    return new DiskConnection(this, this.#records.reopen(), clock)
  }

  /** Returns the current records, readable without delay. */
  inspect(): Records {
    return this.#records.reopen()
  }

  /** Returns true if some page has exactly this node. */
  holds({ path, blob }: Pick<BuiltNode, 'path' | 'blob'>): boolean {
    return this.#nodes.get(path)?.some((stored) => bytesToHex(stored) === bytesToHex(blob)) ?? false
  }

  /** Drops the writes lost in a crash, then damages loose pages as planned. */
  crash(): void {
    const { plan, random } = this.options
    const strict = this.#journal.findLastIndex(({ durability }) => durability === 'strict') + 1
    const kept = plan.losesTail ? strict + random.int(this.#journal.length - strict + 1) : this.#journal.length
    this.#journal = this.#journal.slice(0, kept)
    this.#records = new MemoryRecords()
    this.#nodes.clear()
    for (const { operations } of this.#journal) {
      void this.#records.write(operations)
      this.#noteNodes(operations)
    }
    void this.rot()
  }

  /**
   * Flips a bit of each loose page, if the plan says so. Nothing depends on loose pages, and no reader may trust one.
   */
  async rot(): Promise<void> {
    const { random, plan } = this.options
    if (!plan.rots) return
    for (const key of await this.#records.keys('pages')) {
      const page = decodePageKey(key)
      if (page === null || !isLoose(page)) continue
      const value = (await this.#records.get('pages', key)) as Uint8Array
      value[random.int(value.length)]! ^= 1 << random.int(8)
      const operations: Operation[] = [{ kind: 'put', store: 'pages', key, value }]
      await this.#records.write(operations)
      this.noteWrite(operations, 'strict')
    }
  }

  noteWrite(operations: readonly Operation[], durability: Durability): void {
    this.#journal.push({ operations: operations.map(copyOf), durability })
    this.#noteNodes(operations)
  }

  #noteNodes(operations: readonly Operation[]): void {
    for (const operation of operations) {
      if (operation.kind !== 'put' || operation.store !== 'pages') continue
      const page = decodePageKey(operation.key)
      if (page === null || isLoose(page)) continue
      const cursor = new SequenceCursor(new Uint8Array(operation.value))
      while (cursor.next()) {
        const blob = cursor.bytes.subarray(cursor.start, cursor.end)
        const blobs = this.#nodes.get(cursor.path)
        if (blobs === undefined) this.#nodes.set(cursor.path, [blob])
        else blobs.push(blob)
      }
    }
  }
}

/** The records of one process. After the process has died, calls never settle. */
class DiskConnection implements Records {
  readonly #disk: SimulatedDisk
  readonly #records: MemoryRecords
  readonly #clock: Clock

  constructor(disk: SimulatedDisk, records: MemoryRecords, clock: Clock) {
    this.#disk = disk
    this.#records = records
    this.#clock = clock
  }

  async get<S extends RecordStore>(store: S, key: RecordTypes[S]['key']): Promise<unknown> {
    await this.#wait(this.#disk.options.plan.readMs)
    return this.#records.get(store, key)
  }

  async keys<S extends RecordStore>(store: S): Promise<RecordTypes[S]['key'][]> {
    await this.#wait(this.#disk.options.plan.readMs)
    return this.#records.keys(store)
  }

  async write(operations: readonly Operation[], durability: Durability): Promise<void> {
    if (operations.length === 0) return
    const copies = operations.map(copyOf)
    const { plan, onCrash, onFailure } = this.#disk.options
    const number = ++this.#disk.writes
    await this.#wait(plan.writeMs)
    if (plan.failingWrites.has(number)) {
      onFailure()
      throw new StoreError('quotaExceeded', `write ${number} fails, as the trial wants it`)
    }
    await this.#records.write(copies)
    this.#disk.noteWrite(copies, durability)
    if (!plan.crashes.has(number)) return
    onCrash()
    await new Promise<never>(() => {})
  }

  close(): void {
    this.#records.close()
  }

  #wait(mostMs: number): Promise<void> {
    return new Promise((resolve) => void this.#clock.after(mostMs * this.#disk.options.random(), resolve))
  }
}

function copyOf(operation: Operation): Operation {
  if (operation.kind !== 'put' || !(operation.value instanceof Uint8Array)) return operation
  return { ...operation, value: new Uint8Array(operation.value) } as Operation
}
