/** The database as in geth: a record for each node or code under its hash, in IndexedDB through `idb`. */
import { keccak_256 } from '@noble/hashes/sha3.js'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { type DBSchema, type IDBPDatabase, openDB } from 'idb'
import type { Entry } from './scheduler.ts'

interface Schema extends DBSchema {
  state: { key: Uint8Array<ArrayBuffer>; value: Uint8Array }
}

export class RecordStore {
  readonly #database: IDBPDatabase<Schema>

  private constructor(database: IDBPDatabase<Schema>) {
    this.#database = database
  }

  static async open(): Promise<RecordStore> {
    return new RecordStore(
      await openDB<Schema>('straight', 1, { upgrade: (database) => void database.createObjectStore('state') }),
    )
  }

  /** Writes one transaction, in the order of the keys: LevelDB writes sorted keys a tenth faster. */
  async write(entries: readonly Entry[]): Promise<void> {
    const sorted = [...entries].sort((a, b) => (a.hash < b.hash ? -1 : 1))
    const transaction = this.#database.transaction('state', 'readwrite', { durability: 'relaxed' })
    // Only the transaction's own promise is of use.
    for (const { hash, data } of sorted) void transaction.store.put(data, hexToBytes(hash))
    await transaction.done
  }

  /** Reads and hashes everything. Returns the number of records and the digest of their keys in order. */
  async verify(): Promise<{ readonly records: number; readonly digest: string }> {
    const digest = keccak_256.create()
    let records = 0
    const { store } = this.#database.transaction('state')
    for await (const { key, value } of store) {
      const hash = new Uint8Array(key)
      if (bytesToHex(keccak_256(value)) !== bytesToHex(hash)) throw new Error(`damaged: ${bytesToHex(hash)}`)
      digest.update(hash)
      records++
    }
    return { records, digest: bytesToHex(digest.digest()) }
  }

  close(): void {
    this.#database.close()
  }
}
