/**
 * A pending fetch shared by reads, from the first read until an answer or a failure: its time limits, and the asked
 * peers.
 */
import type { Clock } from '../runtime/clock.ts'
import { Deadline } from '../runtime/deadline.ts'
import type { SyncPeer } from '../sync/peer.ts'
import { LOST_PEER_GRACE_MS, READ_TIMEOUT_MS } from './constants.ts'
import type { PeerFailure } from './read-failure.ts'
import type { Checked, Wanted } from './wanted.ts'

type Value = Extract<Checked, { value: unknown }>['value']

export interface WantHandlers {
  readonly clock: Clock
  /** Called when the time of the read is over, even while a peer is being asked. */
  readonly onLimit: (want: Want) => void
  /** Called when the wait for absent peers is over. */
  readonly onGraceOver: () => void
  readonly resolve: (value: Value) => void
  readonly reject: (error: unknown) => void
}

export class Want {
  readonly wanted: Wanted
  /** The peers lacking the data, lying, or not answering in time. */
  readonly tried = new Set<SyncPeer>()
  /** The peers being asked. */
  readonly asked = new Set<SyncPeer>()
  /** The failures of asked peers, by peer id. */
  readonly failures = new Map<string, PeerFailure>()
  /** True if the asked peers are late: one more may be asked. */
  isOverdue = false
  readonly #limit: Deadline
  readonly #grace: Deadline
  readonly #handlers: WantHandlers

  /** Creates a want and starts its time limits. */
  constructor(wanted: Wanted, handlers: WantHandlers) {
    const { clock, onLimit, onGraceOver } = handlers
    this.wanted = wanted
    this.#handlers = handlers
    // The user waits with or without a network, so time offline counts.
    this.#limit = new Deadline(clock, READ_TIMEOUT_MS, () => onLimit(this), { countsOffline: true })
    this.#grace = new Deadline(clock, LOST_PEER_GRACE_MS, onGraceOver, { countsOffline: true })
    this.#limit.start()
    this.#grace.start()
  }

  /** True while the want waits for a peer just lost or not met yet. */
  get isWaitingForPeers(): boolean {
    return this.#grace.isRunning
  }

  /** Starts the wait for another peer, because a connected one was just lost. */
  losePeer(): void {
    this.#grace.start()
  }

  /** Settles the want. To be called once. */
  resolve(value: Value): void {
    this.#stop()
    this.#handlers.resolve(value)
  }

  /** Settles the want. To be called once. */
  reject(error: unknown): void {
    this.#stop()
    this.#handlers.reject(error)
  }

  #stop(): void {
    this.#limit.stop()
    this.#grace.stop()
  }
}
