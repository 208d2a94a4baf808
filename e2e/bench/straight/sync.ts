/** The loop: keeps requests in flight, checks the answers, and writes complete nodes in batches. */
import { keccak_256 } from '@noble/hashes/sha3.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { MAX_HASHES_PER_REQUEST } from '../node-data.ts'
import type { BenchTask } from '../page-contract.ts'
import { NodeDataFetcher } from './fetcher.ts'
import { TrieSync } from './scheduler.ts'
import type { RecordStore } from './store.ts'

/** The times and counts of a sync. */
export interface StraightResult {
  readonly ms: number
  readonly connectMs: number
}

export async function straightSync(task: BenchTask, store: RecordStore): Promise<StraightResult> {
  const start = performance.now()
  const fetcher = await NodeDataFetcher.dial(task.address)
  const connectMs = performance.now() - start
  await new StraightSync(task, store, fetcher).run()
  const ms = performance.now() - start
  await fetcher.close()
  return { ms, connectMs }
}

class StraightSync {
  readonly #scheduler: TrieSync
  readonly #store: RecordStore
  readonly #fetcher: NodeDataFetcher
  readonly #batch: number
  readonly #requests: number
  readonly #writes: number

  constructor({ root, straight }: BenchTask, store: RecordStore, fetcher: NodeDataFetcher) {
    this.#scheduler = new TrieSync(root.slice(2))
    this.#store = store
    this.#fetcher = fetcher
    this.#batch = straight.batch
    this.#requests = straight.requests
    this.#writes = straight.writes
  }

  async run(): Promise<void> {
    const asked = new Set<Promise<void>>()
    const writing = new Set<Promise<void>>()
    while (this.#scheduler.pending > 0) {
      while (asked.size < this.#requests) {
        const hashes = this.#scheduler.missing(MAX_HASHES_PER_REQUEST)
        if (hashes.length === 0) break
        track(asked, this.#ask(hashes))
      }
      await Promise.race(asked)
      // Answers are fetched and checked while the disk works, as long as the disk keeps up.
      while (this.#scheduler.uncommitted >= this.#batch) {
        if (writing.size >= this.#writes) await Promise.race(writing)
        track(writing, this.#write())
      }
    }
    await Promise.all([...writing, this.#write()])
  }

  async #ask(hashes: readonly string[]): Promise<void> {
    const blobs = await this.#fetcher.fetch(hashes)
    hashes.forEach((hash, i) => {
      const blob = blobs[i]!
      if (bytesToHex(keccak_256(blob)) !== hash) throw new Error(`not what was asked for: ${hash}`)
      this.#scheduler.process(hash, blob)
    })
  }

  async #write(): Promise<void> {
    const entries = this.#scheduler.commit(this.#batch)
    if (entries.length > 0) await this.#store.write(entries)
  }
}

function track(set: Set<Promise<void>>, job: Promise<void>): void {
  const tracked = job.finally(() => set.delete(tracked))
  set.add(tracked)
}
