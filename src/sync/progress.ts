/** The progress of a running sync. */

import type { ErrorDetails } from '../runtime/error.ts'

/** The phase of a sync. `stalled` and `paused` end by themselves; `complete` and `failed` are final. */
export type SyncPhase = 'connecting' | 'syncing' | 'stalled' | 'paused' | 'complete' | 'failed'

/**
 * The reason why a sync has something to ask for, but no peer to ask:
 * - `noPeers`: no peer is connected;
 * - `loadFailed`: no peer is connected, because the code for connecting could not be loaded; loading is tried again;
 * - `rootUnavailable`: the connected peers say, or have shown, that they do not have this root;
 * - `noProgress`: peers have the root, but none has the missing data.
 */
export type StallReason = 'noPeers' | 'loadFailed' | 'rootUnavailable' | 'noProgress'

/**
 * The reason why a sync asks for nothing more. `storageFull`: verified data does not fit on the disk. A machine without
 * a network pauses without a reason.
 */
export type PauseReason = 'storageFull'

/** The progress of a sync, reported at most ten times a second. */
export interface SyncProgress {
  readonly phase: SyncPhase
  /**
   * Set while `phase` is `stalled`, or `paused` by a full disk. Paused without a reason: the machine has no network.
   */
  readonly reason: StallReason | PauseReason | null
  /**
   * Details of the code that could not be loaded, while no peer is connected: `part` names the code, `message` is the
   * browser's message. Else `null`.
   */
  readonly details: ErrorDetails | null
  /**
   * Verified nodes, without embedded ones; and bytes: of these nodes by path, and of codes. Nodes shared with older
   * states on disk count neither here nor in `accounts` and `slots`.
   */
  readonly nodes: number
  readonly bytes: number
  readonly codes: number
  readonly accounts: number
  readonly slots: number
  /** Refs and codes known to be missing now. The total of missing nodes is not known. */
  readonly pending: number
  /** Connected peers. */
  readonly peers: number
  readonly nodesPerSecond: number
  readonly bytesPerSecond: number
  /** 0 to 1, by estimate. Never runs backwards within one target, and is 1 only at the end. */
  readonly fraction: number
  /** Milliseconds to the end at this rate, by estimate; `null` without a rate. */
  readonly etaMs: number | null
  /** Bytes received from peers for this target, in this session. */
  readonly wireBytes: number
  /** `0x` and 64 hex digits. */
  readonly root: string
  /** Number of the generation that this target writes. */
  readonly generation: number
}
