/**
 * Compaction in the background rewrites the last complete state as one generation, so the nodes left dead by newer
 * roots can go. A compaction is a sync of the same root with the disk as its only peer. Like any sync it verifies,
 * packs, commits in chunks and yields, and goes on from its pages after an interruption.
 */

import type { Clock } from '../../runtime/clock.ts'
import type { Trace } from '../../runtime/trace.ts'
import type { StateStore } from '../../store/state-store.ts'
import { SyncError } from '../../sync/errors.ts'
import { LocalPeer } from '../../sync/local-peer.ts'
import { StateSync } from '../../sync/state-sync.ts'
import type { Keccak } from '../../trie/keccak.ts'
import { scanAccount } from '../../trie/leaf.ts'
import { hexOf } from './reads.ts'

export interface CompactionParts {
  readonly store: StateStore
  readonly keccak: Keccak
  readonly clock: Clock
  readonly yieldThread: () => Promise<void>
  /** Notes each decision; `null` or left out: no notes. */
  readonly trace?: Trace | null | undefined
}

export class Compaction {
  readonly #parts: CompactionParts
  #sync: StateSync | null = null
  #isStopped = true
  #ended: Promise<void> = Promise.resolve()

  constructor(parts: CompactionParts) {
    this.#parts = parts
  }

  /**
   * Compacts if compaction is due. Not to be called while a target is unfinished. Resolves when the compaction has
   * ended, well or not.
   */
  start(): Promise<void> {
    if (!this.#isStopped) return this.#ended
    this.#isStopped = false
    // Any reason for an early end (damage, a full disk, a closed store) reaches the next read or sync.
    this.#ended = this.#run()
      .catch((error) => this.#parts.trace?.('store', 'compactionEnded', { error: String(error) }))
      .finally(() => {
        this.#isStopped = true
        this.#sync = null
      })
    return this.#ended
  }

  /** Ends the compaction: its pages stay, and the next compaction goes on from there. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#cancel()
    await this.#ended
  }

  async #run(): Promise<void> {
    const { store, keccak, clock, yieldThread, trace } = this.#parts
    const generation = await store.compaction()
    if (generation === null || this.#isStopped) return
    trace?.('store', 'compacting', { root: hexOf(generation.root), generation: generation.number })
    this.#sync = new StateSync({
      root: generation.root,
      generation: () => generation.number,
      disk: generation,
      peers: new LocalPeer(store.source()),
      keccak,
      leaf: scanAccount,
      clock,
      yieldThread,
      onStalled: () => this.#cancel(), // something is damaged: a sync heals it
      onPaused: () => this.#cancel(), // it does not fit: what is stored is as good as before
    })
    await this.#sync.run()
    trace?.('store', 'compacted', { root: hexOf(generation.root), generation: generation.number })
  }

  #cancel(): void {
    this.#sync?.cancel(new SyncError('cancelled', 'the compaction was ended'))
  }
}
