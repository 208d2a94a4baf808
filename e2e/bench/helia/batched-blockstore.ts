/**
 * blockstore-idb, with its puts gathered: what comes while a transaction runs is the next one's, in the place of a
 * transaction each, which IndexedDB is slow at.
 */
import { IDBBlockstore } from 'blockstore-idb'
import { type IDBPDatabase, openDB } from 'idb'
import { base32upper } from 'multiformats/bases/base32'
import type { CID } from 'multiformats/cid'

/** Transactions in flight: blocks are fetched while the disk works, as long as it keeps up. */
const MAX_WRITES = 2

/** What it holds is what blockstore-idb holds, and a put is on the disk no sooner than {@link flush} says. */
export class BatchedBlockstore extends IDBBlockstore {
  readonly #name: string
  readonly #writing = new Set<Promise<void>>()
  #waiting: { readonly key: string; readonly blob: Uint8Array }[] = []
  /** In the place of a look at the disk before each block is fetched. */
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
    // A view of the message that it came in, all of which would go to the disk.
    this.#waiting.push({ key: keyOf(cid), blob: blob.slice() })
    while (this.#waiting.length > 0) {
      if (this.#writing.size >= MAX_WRITES) await Promise.race(this.#writing)
      else this.#write()
    }
    return cid
  }

  /** Resolves when all that was put is on the disk. */
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

/** As blockstore-idb names its records. */
function keyOf(cid: CID): string {
  return `/${base32upper.encode(cid.multihash.bytes)}`
}
