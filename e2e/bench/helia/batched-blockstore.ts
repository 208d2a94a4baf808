/**
 * blockstore-idb with gathered puts. Puts made during a transaction all go into the next one. A transaction for each
 * put would be slow in IndexedDB.
 */
import { IDBBlockstore } from 'blockstore-idb'
import { type IDBPDatabase, openDB } from 'idb'
import { base32upper } from 'multiformats/bases/base32'
import type { CID } from 'multiformats/cid'

/** Transactions in flight. Fetches of blocks go on while the disk works, as long as the disk keeps up. */
const MAX_WRITES = 2

/** Holds the same records as blockstore-idb. A put is on disk only after {@link flush} resolves. */
export class BatchedBlockstore extends IDBBlockstore {
  readonly #name: string
  readonly #writing = new Set<Promise<void>>()
  #waiting: { readonly key: string; readonly blob: Uint8Array }[] = []
  /** Replaces a look at the disk before each fetch of a block. */
  #stored = new Set<string>()
  #database!: IDBPDatabase

  constructor(name: string) {
    super(name)
    this.#name = name
  }

  override async open(): Promise<void> {
    await super.open()
    this.#database = await openDB(this.#name)
    this.#stored = new Set((await this.#database.getAllKeys(this.#name)).map(String))
  }

  override async has(cid: CID): Promise<boolean> {
    return this.#stored.has(keyOf(cid))
  }

  override async put(cid: CID, blob: Uint8Array): Promise<CID> {
    // A copy: the blob is a view of a message, and the whole message would go to disk.
    this.#waiting.push({ key: keyOf(cid), blob: blob.slice() })
    while (this.#waiting.length > 0) {
      if (this.#writing.size >= MAX_WRITES) await Promise.race(this.#writing)
      else this.#write()
    }
    return cid
  }

  /** Resolves when all earlier puts are on disk. */
  async flush(): Promise<void> {
    this.#write()
    await Promise.all(this.#writing)
  }

  override async close(): Promise<void> {
    await this.flush()
    this.#database.close()
    await super.close()
  }

  #write(): void {
    const blocks = this.#waiting
    this.#waiting = []
    const writing = this.#store(blocks).finally(() => this.#writing.delete(writing))
    this.#writing.add(writing)
  }

  async #store(blocks: readonly { readonly key: string; readonly blob: Uint8Array }[]): Promise<void> {
    const transaction = this.#database.transaction(this.#name, 'readwrite', { durability: 'relaxed' })
    for (const { key, blob } of blocks) void transaction.store.put(blob, key)
    await transaction.done
    for (const { key } of blocks) this.#stored.add(key)
  }
}

/** Returns the key of a record, as in blockstore-idb. */
function keyOf(cid: CID): string {
  return `/${base32upper.encode(cid.multihash.bytes)}`
}
