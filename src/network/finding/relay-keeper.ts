/**
 * Keeps a tab connected to its relays: dials each relay, and dials again after a pause when the relay is unreachable or
 * gone.
 */
import type { Connection } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Clock } from '../../runtime/clock.ts'
import { startDeadline } from '../../runtime/deadline.ts'
import { DIAL_TIMEOUT_MS, MAX_REDIAL_MS, MIN_REDIAL_MS } from '../constants.ts'
import { departureOf } from '../departure.ts'

export interface RelayKeeperOptions {
  readonly relays: readonly Multiaddr[]
  readonly dial: (relay: Multiaddr, options: { signal: AbortSignal }) => Promise<Connection>
  readonly clock: Clock
  /** Returns 0 to 1. Spreads the pauses, so tabs do not come back all at once. */
  readonly random: () => number
}

/** The states of each relay until the stop: `dialing → connected → waiting → dialing …`. */
export class RelayKeeper {
  readonly #options: RelayKeeperOptions
  readonly #waits = new Set<() => void>()
  #dials: AbortController | null = null

  constructor(options: RelayKeeperOptions) {
    this.#options = options
  }

  /** Starts to dial. May be called twice. */
  start(): void {
    if (this.#dials !== null) return
    this.#dials = new AbortController()
    for (const relay of this.#options.relays) void this.#dial(relay, 0, this.#dials)
  }

  /** Stops dialing. The node keeps its connections. May be called twice. */
  stop(): void {
    this.#dials?.abort()
    this.#dials = null
    for (const cancel of this.#waits) cancel()
    this.#waits.clear()
  }

  /**
   * Dials a relay. Never rejects: an unreachable relay is dialed again, and the peers behind the relay give their
   * reasons themselves.
   */
  async #dial(relay: Multiaddr, failures: number, dials: AbortController): Promise<void> {
    const attempt = new AbortController()
    const abort = () => attempt.abort()
    dials.signal.addEventListener('abort', abort)
    const cancelTimeout = startDeadline(this.#options.clock, DIAL_TIMEOUT_MS, abort)
    try {
      const connection = await this.#options.dial(relay, { signal: attempt.signal })
      if (connection.status !== 'open') throw new Error('the connection has ended already')
      const onClose = ({ error }: { error?: Error }) => this.#wait(relay, 0, dials, departureOf(error)?.banMs)
      connection.addEventListener('close', onClose, { once: true })
    } catch (error) {
      this.#wait(relay, failures + 1, dials, departureOf(error)?.banMs)
    } finally {
      cancelTimeout()
      dials.signal.removeEventListener('abort', abort)
    }
  }

  /** Dials again after a pause, and not within `banMs`, the ban for the relay's behavior. */
  #wait(relay: Multiaddr, failures: number, dials: AbortController, banMs = 0): void {
    if (dials.signal.aborted) return
    const pauseMs = Math.min(MAX_REDIAL_MS, MIN_REDIAL_MS * 2 ** failures) * (0.5 + 0.5 * this.#options.random())
    const cancel = this.#options.clock.after(Math.max(pauseMs, banMs), () => {
      this.#waits.delete(cancel)
      void this.#dial(relay, failures, dials)
    })
    this.#waits.add(cancel)
  }
}
