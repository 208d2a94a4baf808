/** One thing that reads wait for, from the first that wants it until an answer or a failure: its time limits, and who was asked. */
import type { Clock } from '../runtime/clock.ts'
import { Deadline } from '../runtime/deadline.ts'
import type { SyncPeer } from '../sync/peer.ts'
import { LOST_PEER_GRACE_MS, READ_TIMEOUT_MS } from './constants.ts'
import type { PeerFailure } from './read-failure.ts'
import type { Checked, Wanted } from './wanted.ts'

type Value = Extract<Checked, { value: unknown }>['value']

export interface WantHandlers {
  readonly clock: Clock
  /** The time of the read is over, whoever is being asked. */
  readonly onLimit: (want: Want) => void
  /** Nobody was connected for so long that nobody is waited for. */
  readonly onGraceOver: () => void
  readonly resolve: (value: Value) => void
  readonly reject: (error: unknown) => void
}

export class Want {
  readonly wanted: Wanted
  /** Those that do not have it, lied, or did not answer in time. */
  readonly tried = new Set<SyncPeer>()
  /** Those that are being asked. */
  readonly asked = new Set<SyncPeer>()
  /** What became of the peers that were asked, by id. */
  readonly failures = new Map<string, PeerFailure>()
  /** The peers that are asked are late: one more may be. */
  isOverdue = false
  readonly #limit: Deadline
  readonly #grace: Deadline
  readonly #handlers: WantHandlers

  /** Its time begins. */
  constructor(wanted: Wanted, handlers: WantHandlers) {
    const { clock, onLimit, onGraceOver } = handlers
    this.wanted = wanted
    this.#handlers = handlers
    // The user waits, with or without a network.
    this.#limit = new Deadline(clock, READ_TIMEOUT_MS, () => onLimit(this), { countsOffline: true })
    this.#grace = new Deadline(clock, LOST_PEER_GRACE_MS, onGraceOver, { countsOffline: true })
    this.#limit.start()
    this.#grace.start()
  }

  /** True while a peer that was just lost, or not met yet, is waited for. */
  get isWaitingForPeers(): boolean {
    return this.#grace.isRunning
  }

  /** A peer was connected until now: from now on another one is waited for. */
  losePeer(): void {
    this.#grace.start()
  }

  /** Settles it. To be called once. */
  resolve(value: Value): void {
    this.#stop()
    this.#handlers.resolve(value)
  }

  /** Settles it. To be called once. */
  reject(error: unknown): void {
    this.#stop()
    this.#handlers.reject(error)
  }

  #stop(): void {
    this.#limit.stop()
    this.#grace.stop()
  }
}
