/** Measures the progress of a running sync: totals, rates and estimates. */
import { bytesToHex } from '@noble/hashes/utils.js'
import type { Clock } from '../runtime/clock.ts'
import type { PauseReason, StallReason, SyncPhase, SyncProgress } from './progress.ts'
import type { Scheduler } from './scheduler.ts'
import type { StateSyncOptions } from './state-sync-options.ts'

/** The facts about a sync known to its loop alone. */
interface LoopFacts {
  readonly phase: SyncPhase
  readonly reason: StallReason | PauseReason | null
  /** `null` until the contents of the disk are known. */
  readonly scheduler: Scheduler | null
  /** Bytes of the answers received. */
  readonly receivedBytes: number
}

export class ProgressMeter {
  readonly #options: StateSyncOptions
  readonly #rates: RateMeter
  #fraction = 0

  constructor(options: StateSyncOptions) {
    this.#options = options
    this.#rates = new RateMeter(options.clock)
  }

  measure({ phase, reason, scheduler, receivedBytes }: LoopFacts): SyncProgress {
    const { root, peers, generation, loadFailure } = this.#options
    const connected = [...peers.connected()].length
    const counts = scheduler?.counts ?? { nodes: 0, bytes: 0, accounts: 0, slots: 0 }
    const codes = scheduler?.codes.counts ?? { count: 0, bytes: 0 }
    const bytes = counts.bytes + codes.bytes
    const rates = this.#rates.sample(counts.nodes, bytes)
    if (scheduler !== null)
      this.#fraction = Math.max(this.#fraction, Math.min(scheduler.fraction(), 1 - Number.EPSILON))
    const isComplete = phase === 'complete'
    const eta = rates.bytesPerSecond > 0 ? ((scheduler?.missingBytes() ?? 0) / rates.bytesPerSecond) * 1000 : null
    return {
      phase,
      reason,
      details: connected === 0 ? (loadFailure?.()?.details ?? null) : null,
      ...counts,
      bytes,
      codes: codes.count,
      pending: scheduler?.pending ?? 1,
      peers: connected,
      ...rates,
      fraction: isComplete ? 1 : this.#fraction,
      etaMs: isComplete ? 0 : eta,
      wireBytes: this.#options.receivedBytes?.() ?? receivedBytes,
      root: `0x${bytesToHex(root)}`,
      generation: generation(),
    }
  }
}

/** The time over which a rate is taken: a shorter one flickers, a longer one lags. */
const RATE_WINDOW_MS = 3_000

/** A meter for nodes and bytes per second, over the last few seconds. */
class RateMeter {
  readonly #clock: Clock
  #samples: { readonly at: number; readonly nodes: number; readonly bytes: number }[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Notes the current totals, and returns the rates. */
  sample(nodes: number, bytes: number): { nodesPerSecond: number; bytesPerSecond: number } {
    const at = this.#clock.now()
    this.#samples.push({ at, nodes, bytes })
    while (this.#samples.length > 2 && this.#samples[1]!.at < at - RATE_WINDOW_MS) this.#samples.shift()
    const first = this.#samples[0]!
    const seconds = (at - first.at) / 1000
    if (seconds <= 0) return { nodesPerSecond: 0, bytesPerSecond: 0 }
    return { nodesPerSecond: (nodes - first.nodes) / seconds, bytesPerSecond: (bytes - first.bytes) / seconds }
  }
}
