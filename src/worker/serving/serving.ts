/**
 * Serving of other tabs: answers verified nodes from the store, and announces their coverage in the Status. Pauses
 * while the page is hidden or the connection is metered, unless the application wants otherwise.
 */

import { protocolViolation } from '../../network/departure.ts'
import type { Guest } from '../../network/link.ts'
import { BanList } from '../../network/peers/ban-list.ts'
import { GuestServer, type ServeCounters } from '../../network/peers/serve.ts'
import type { Conditions } from '../../network/window/window-caller.ts'
import type { ServingLimits } from '../../protocol/serving-limits.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Trace } from '../../runtime/trace.ts'
import type { StateStore } from '../../store/state-store.ts'
import { MAX_TAB_HELD_BYTES, MAX_TAB_STREAMS, STATUS_INTERVAL_MS, TAB_REQUESTS_PER_SECOND } from '../constants.ts'
import type { ServeLimits } from '../engine.ts'
import { BackgroundSource } from './background-source.ts'
import type { ForegroundWork } from './foreground-work.ts'
import { servedStatus } from './served-status.ts'

export interface TabServingOptions {
  readonly store: Pick<StateStore, 'source' | 'coverage'>
  readonly chainId: number
  readonly limits: ServeLimits
  readonly clock: Clock
  /** The tab's own work goes first. */
  readonly foreground: ForegroundWork
  /** Notes each decision; `null` or left out: no notes. */
  readonly trace?: Trace | null | undefined
}

export class TabServing {
  readonly #options: TabServingOptions
  readonly #source: BackgroundSource
  readonly #server: GuestServer
  readonly #bans: BanList
  /** The Status sent last, as a key. */
  #said: string
  #stopTelling: (() => void) | null = null

  constructor(options: TabServingOptions) {
    const { store, limits, clock, foreground, trace = null } = options
    this.#options = options
    this.#source = new BackgroundSource({ source: store.source(), ...limits, clock, foreground })
    const status = this.#status()
    this.#said = keyOf(status)
    this.#bans = new BanList(clock)
    this.#server = new GuestServer({
      source: this.#source,
      status,
      clock,
      trace,
      limits: servingLimits(limits),
      onViolation: (error, peerId) => this.#bans.add(peerId, protocolViolation(`${error.code}: ${error.message}`)),
    })
  }

  /** Begins to announce coverage as it grows. May be called twice. */
  start(): void {
    if (this.#stopTelling !== null) return
    const tell = () => {
      this.#tell()
      this.#stopTelling = this.#options.clock.after(STATUS_INTERVAL_MS, tell)
    }
    tell()
  }

  /** Answers `guest`, or hangs up if the guest is banned for a breach of the protocol. */
  welcome(guest: Guest): void {
    if (this.#bans.of(guest.peerId) !== undefined) {
      this.#options.trace?.('serving', 'refused', { peer: guest.peerId, reason: 'it broke the protocol before' })
      guest.hangUp()
    } else this.#server.welcome(guest)
  }

  /** Returns the counts of served requests and of held bytes. */
  counters(): ServeCounters {
    return this.#server.counters()
  }

  /** Pauses or resumes: `serving ⇄ paused`. */
  meet({ isHidden, isMetered }: Conditions): void {
    const { whileHidden, onMetered } = this.#options.limits
    if ((isHidden && !whileHidden) || (isMetered && !onMetered)) this.#source.pause()
    else this.#source.resume()
    this.#tell()
  }

  /** Ends all answering. May be called twice. */
  stop(): void {
    this.#stopTelling?.()
    this.#stopTelling = null
    this.#server.stop()
  }

  #tell(): void {
    const status = this.#status()
    const text = keyOf(status)
    if (text === this.#said) return
    this.#said = text
    this.#server.setStatus(status)
  }

  #status() {
    const { store, chainId } = this.#options
    return servedStatus(chainId, this.#source.isPaused ? [] : store.coverage())
  }
}

/** Returns limits far below those of a server: the page has a user. */
function servingLimits({ uploadBytesPerSecond, maxRequests }: ServeLimits): Partial<ServingLimits> {
  // Answers come to no more than the upload; requests get as much again.
  const bytesPerSecond = 2 * uploadBytesPerSecond
  return {
    requests: { perSecond: TAB_REQUESTS_PER_SECOND, burst: TAB_REQUESTS_PER_SECOND },
    bytes: { perSecond: bytesPerSecond, burst: bytesPerSecond },
    // More requests would queue at the background source in order of arrival; here peers take turns.
    readAtOnce: Math.ceil(maxRequests),
    // All other tabs count as one host: their addresses are unknown.
    streams: MAX_TAB_STREAMS,
    streamsPerHost: MAX_TAB_STREAMS,
    heldBytes: MAX_TAB_HELD_BYTES,
    heldBytesPerHost: MAX_TAB_HELD_BYTES,
  }
}

function keyOf({ roots }: ReturnType<typeof servedStatus>): string {
  return roots
    .map(
      ({ root, blockNumber, coverage }) =>
        `${root} ${blockNumber} ${coverage.map(({ start, end }) => `${start}-${end}`)}`,
    )
    .join('\n')
}
