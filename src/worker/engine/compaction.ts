/**
 * Compaction in the background: the last complete state is rewritten as one generation, so that what newer roots left dead
 * can go. It is a sync of the same root whose only peer is the disk: it verifies, packs, commits in chunks and yields as
 * any sync does, and one that was cut short goes on from its pages.
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
   * Compacts if that is due. Not to be called while a target is unfinished. Resolves when it has ended, well or not.
   */
  start(): Promise<void> {
    if (!this.#isStopped) return this.#ended
    this.#isStopped = false
    // Whatever ends it early (damage, a full disk, the end of the store) is told to whoever reads or syncs next.
    this.#ended = this.#run()
      .catch((error) => this.#parts.trace?.('store', 'compactionEnded', { error: String(error) }))
      .finally(() => {
        this.#isStopped = true
        this.#sync = null
      })
    return this.#ended
  }

  /** Ends it: what it has written stays, and the next one goes on from there. */
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
