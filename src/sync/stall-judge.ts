/** Judges whether a sync with missing data is syncing, stalled or paused, and why. */
import { CONNECT_GRACE_MS } from './constants.ts'
import type { PauseReason, StallReason } from './progress.ts'
import type { Scheduler } from './scheduler.ts'
import type { StateSyncOptions } from './state-sync-options.ts'

/** The reasons of a stalled sync with no peer to ask. */
const WITHOUT_PEERS: ReadonlySet<StallReason | PauseReason> = new Set(['noPeers', 'loadFailed'])

/** The phase of a sync that waits. `mayRetry`: peers had nothing, and may be asked again later. */
type Verdict =
  | { readonly phase: 'syncing' | 'paused'; readonly reason: null }
  | { readonly phase: 'stalled'; readonly reason: StallReason; readonly mayRetry: boolean }

export class StallJudge {
  readonly #options: StateSyncOptions
  #startedAtMs = 0
  #hadPeers = false
  /** Nodes and codes verified when the sync stalled. */
  #stalledAt = 0

  constructor(options: StateSyncOptions) {
    this.#options = options
  }

  /** To be called when the sync starts. */
  begin(): void {
    this.#startedAtMs = this.#options.clock.now()
  }

  /**
   * Returns the phase of a sync with nothing to verify now, or `null` if the phase stays. `isBusy`: requests or reads
   * of the disk are open. `reason` is the reason of the last phase.
   */
  judge(scheduler: Scheduler, isBusy: boolean, reason: StallReason | PauseReason | null): Verdict | null {
    const { isOnline, clock, loadFailure } = this.#options
    const hasPeers = this.#peers().length > 0
    this.#hadPeers ||= hasPeers
    const verified = scheduler.counts.nodes + scheduler.codes.counts.count
    if (isBusy) {
      // Peers that had nothing are asked again from time to time: the stall ends when one of them has something.
      const stillHasNothing = reason !== null && !WITHOUT_PEERS.has(reason) && verified === this.#stalledAt
      return stillHasNothing ? null : { phase: 'syncing', reason: null }
    }
    this.#stalledAt = verified
    const hasWaited = clock.now() - this.#startedAtMs >= CONNECT_GRACE_MS
    const isConnecting = !this.#hadPeers && !hasWaited && (loadFailure?.() ?? null) === null
    if (!hasPeers && isConnecting) return null
    if (!hasPeers && isOnline?.() === false) return { phase: 'paused', reason: null }
    return { phase: 'stalled', reason: this.#reasonFor(scheduler), mayRetry: hasPeers }
  }

  /** Returns the number of connected peers, and of the peers which may have the root. */
  peerCounts(): { readonly peers: number; readonly able: number } {
    const peers = this.#peers()
    return { peers: peers.length, able: peers.filter((peer) => peer.mayHave(this.#options.root)).length }
  }

  #peers() {
    return [...this.#options.peers.connected()]
  }

  #reasonFor(scheduler: Scheduler): StallReason {
    const { root, loadFailure } = this.#options
    const peers = this.#peers()
    if (peers.length === 0) return (loadFailure?.() ?? null) === null ? 'noPeers' : 'loadFailed'
    const able = peers.filter((peer) => peer.mayHave(root))
    // A peer without the root's node does not have the root.
    if (able.length === 0 || scheduler.counts.nodes === 0) return 'rootUnavailable'
    return 'noProgress'
  }
}
