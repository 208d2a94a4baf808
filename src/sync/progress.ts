/** What a sync tells of itself while it runs. */
import type { ErrorDetails } from '../runtime/error.ts'
import type { Clock } from './clock.ts'

export type SyncPhase = 'connecting' | 'syncing' | 'stalled' | 'paused' | 'complete' | 'failed'

/**
 * Why a sync that has something to ask for asks nobody:
 * - `noPeers`: no peer is connected;
 * - `loadFailed`: no peer is connected, for the code that connects to them could not be loaded; it is tried again;
 * - `rootUnavailable`: those that are say, or have shown, that they do not have this root;
 * - `noProgress`: they have the root, and none has what is missing.
 */
export type StallReason = 'noPeers' | 'loadFailed' | 'rootUnavailable' | 'noProgress'

/** Why a sync asks for nothing more, beside a machine that has no network: `storageFull`: what is verified does not fit. */
export type PauseReason = 'storageFull'

export interface SyncProgress {
  readonly phase: SyncPhase
  /** Set while `phase` is `stalled`, or `paused` by a full disk; a sync that is paused without one has no network. */
  readonly reason: StallReason | PauseReason | null
  /**
   * More about why no peer is connected, while a part of the code could not be loaded: `part` names it, and `message` is what
   * the browser says. Else `null`.
   */
  readonly details: ErrorDetails | null
  /**
   * Verified nodes (those that are embedded in others do not count), and bytes: of these nodes by path, and of codes. What
   * older states on disk have in common with this one is not among them, nor in `accounts` and `slots`.
   */
  readonly nodes: number
  readonly bytes: number
  readonly codes: number
  readonly accounts: number
  readonly slots: number
  /** Refs and codes that are known to be missing now: not how many are missing in all. */
  readonly pending: number
  /** Connected peers. */
  readonly peers: number
  readonly nodesPerSecond: number
  readonly bytesPerSecond: number
  /** 0 to 1, by estimate; never runs backwards within one target, and 1 only when everything is there. */
  readonly fraction: number
  /** Milliseconds to the end at this rate, by estimate; `null` while there is no rate. */
  readonly etaMs: number | null
  /** Bytes received from peers for this target, in this session. */
  readonly wireBytes: number
  /** `0x` and 64 hex digits. */
  readonly root: string
  /** Number of the pages that this target writes. */
  readonly generation: number
}

/** A rate is taken over this long: shorter flickers, longer lags. */
const RATE_WINDOW_MS = 3_000

/** Nodes and bytes a second, over the last few seconds. */
export class RateMeter {
  readonly #clock: Clock
  #samples: { readonly at: number; readonly nodes: number; readonly bytes: number }[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Notes the totals as they are now, and returns the rates. */
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
