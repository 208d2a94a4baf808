/**
 * The in-memory twin of the database: the same bytes under the same keys, the same atomic writes. Nothing outlives the
 * page. For tests: the same suite runs against both.
 */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { checkFence, StoreError } from '../errors.ts'
import { INITIAL_META } from '../format/meta.ts'
import type { Operation, RecordStore, RecordTypes } from '../format/record-types.ts'
import type { Records } from './records.ts'

/** A connection to a database in memory. `close` ends the connection; `reopen` makes another one. */
export class MemoryRecords implements Records {
  /** By store. Keys are text in the same order as the keys themselves: hex digits for bytes. */
  readonly #stores: Readonly<Record<RecordStore, Map<string, unknown>>>
  #open = true

  constructor(sameAs?: MemoryRecords) {
    if (sameAs !== undefined) {
      this.#stores = sameAs.#stores
      return
    }
    this.#stores = { pages: new Map(), codes: new Map(), wanted: new Map(), meta: new Map() }
    for (const operation of INITIAL_META) this.#apply(operation)
  }

  async get<S extends RecordStore>(store: S, key: RecordTypes[S]['key']): Promise<unknown> {
    this.#checkOpen()
    const value = this.#stores[store].get(textOf(key))
    return copyOf(value)
  }

  async keys<S extends RecordStore>(store: S): Promise<RecordTypes[S]['key'][]> {
    this.#checkOpen()
    const texts = [...this.#stores[store].keys()].sort()
    return (store === 'meta' ? texts : texts.map(hexToBytes)) as RecordTypes[S]['key'][]
  }

  async write(operations: readonly Operation[]): Promise<void> {
    if (operations.length === 0) return
    this.#checkOpen()
    for (const operation of operations) {
      if (operation.kind === 'expect') checkFence(operation, this.#stores.meta.get(operation.key))
    }
    // Values are copied first: copying is the last step that may fail, and up to then nothing has been written.
    const copies = operations.map((operation) => {
      return operation.kind === 'put' ? ({ ...operation, value: copyOf(operation.value) } as Operation) : operation
    })
    for (const operation of copies) this.#apply(operation)
  }

  close(): void {
    this.#open = false
  }

  /** Makes another connection to the same records. */
  reopen(): MemoryRecords {
    return new MemoryRecords(this)
  }

  #apply(operation: Operation): void {
    const records = this.#stores[operation.store]
    if (operation.kind === 'put') records.set(textOf(operation.key), operation.value)
    else if (operation.kind === 'delete') records.delete(textOf(operation.key))
    else if (operation.kind === 'clear') records.clear()
  }

  #checkOpen(): void {
    if (!this.#open) throw new StoreError('databaseClosed', 'the store is closed')
  }
}

function textOf(key: Uint8Array | string): string {
  return typeof key === 'string' ? key : bytesToHex(key)
}

/** Copies like IndexedDB, but of a view only the visible part. */
function copyOf(value: unknown): unknown {
  return value instanceof Uint8Array ? new Uint8Array(value) : structuredClone(value)
}
