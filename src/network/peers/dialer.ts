/**
 * Keeps the application's peers connected: dials each address, dials again after a pause when a peer leaves or is
 * unreachable, and waits out bans. Also dials some found tabs, and forgets those that are gone. `connect.ts` has the
 * steps of a dial; the peer set has the connected peers.
 *
 * The states of each address: `idle → dialing → connected → waiting → dialing …`, and from any state `→ stopped`.
 */

import type { Status } from '../../protocol/messages.ts'
import { type Clock, systemClock } from '../../runtime/clock.ts'
import { startDeadline } from '../../runtime/deadline.ts'
import type { Trace } from '../../runtime/trace.ts'
import type { PeerAddress } from '../address.ts'
import {
  DIAL_TIMEOUT_MS,
  MAX_FOUND_FAILURES,
  MAX_FOUND_PEERS,
  MAX_REDIAL_MS,
  MAX_SILENCE_BAN_MS,
  MIN_REDIAL_MS,
  STABLE_CONNECTION_MS,
} from '../constants.ts'
import { type Departure, silentDial } from '../departure.ts'
import { asDialError } from '../dial-error.ts'
import type { Caller } from '../link.ts'
import { type Connected, connectPeer, duplicatePeer } from './connect.ts'
import type { NetworkPeer } from './peer.ts'
import type { PeerSet } from './peer-set.ts'

export interface DialerOptions {
  readonly caller: Caller
  readonly peers: PeerSet
  /** Addresses from `parsePeer`. */
  readonly addresses: readonly PeerAddress[]
  /** Our own Status. Its chain id must equal the peers'; 0: any. */
  readonly status: Status
  readonly clock?: Clock
  /** Returns 0 to 1. Spreads the pauses, so tabs do not come back all at once. */
  readonly random?: () => number
  /** Notes each decision; `null` or left out: no notes. */
  readonly trace?: Trace | null | undefined
}

/** The state of one address. */
interface Line {
  readonly address: PeerAddress
  /** True for a found tab, worth only a few dials. */
  readonly isFound: boolean
  /** Failures in a row. */
  failures: number
  /** The number of silent departures in a row. */
  silences: number
  phase:
    | { readonly is: 'idle' }
    | { readonly is: 'dialing'; readonly abort: AbortController }
    | { readonly is: 'connected'; readonly connected: Connected; readonly sinceMs: number }
    | { readonly is: 'waiting'; readonly cancel: () => void }
}

/** Dials and redials. `start` and `stop` may be called twice. */
export class Dialer {
  readonly #options: DialerOptions
  readonly #clock: Clock
  readonly #random: () => number
  readonly #lines = new Map<string, Line>()
  /** The running dials and hang-ups. */
  readonly #settling = new Set<Promise<void>>()
  #status: Status
  #running = false

  constructor(options: DialerOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#random = options.random ?? Math.random
    this.#status = options.status
    for (const address of options.addresses) this.#draw(address, false)
  }

  /** Starts to dial every address, again and again. */
  start(): void {
    this.#running = true
    for (const line of this.#lines.values()) if (line.phase.is === 'idle') this.#dial(line)
  }

  /** Adds a found tab and dials it, unless the address is known or there are enough found tabs. */
  add(address: PeerAddress): void {
    if (this.#lines.has(address.text)) return
    const isFull = [...this.#lines.values()].filter(({ isFound }) => isFound).length >= MAX_FOUND_PEERS
    if (isFull || this.#isKnown(address)) {
      this.#options.trace?.('peers', 'skipped', { address: address.text, reason: isFull ? 'full' : 'known' })
      return
    }
    const line = this.#draw(address, true)
    if (this.#running) this.#dial(line)
  }

  /** Sends our new Status to all peers. */
  setStatus(status: Status): void {
    this.#status = status
    for (const { phase } of this.#lines.values()) if (phase.is === 'connected') phase.connected.peer.setStatus(status)
  }

  /** Disconnects from all peers and stops dialing. Resolves when no dial and no connection is left. */
  async stop(): Promise<void> {
    this.#running = false
    for (const line of this.#lines.values()) {
      const { phase } = line
      if (phase.is === 'dialing') phase.abort.abort()
      if (phase.is === 'connected') phase.connected.peer.disconnect({ reason: 'closed', banMs: 0 })
      if (phase.is === 'waiting') {
        phase.cancel()
        line.phase = { is: 'idle' }
      }
    }
    // A new start meanwhile ends the wait.
    while (this.#settling.size > 0 && !this.#running) await Promise.all(this.#settling)
  }

  /** Dials every waiting address at once, because the network is back. Bans for silence end; other bans stay. */
  redial(): void {
    for (const line of this.#lines.values()) {
      if (line.phase.is !== 'waiting') continue
      line.phase.cancel()
      line.failures = 0
      line.silences = 0
      this.#options.peers.pardonSilence(line.address.text)
      this.#dial(line)
    }
  }

  /** Returns true if the peer is connected under another address, or banned. */
  #isKnown({ text, multiaddr }: PeerAddress): boolean {
    const { peers } = this.#options
    if (peers.banOf(text) !== undefined) return true
    const id = multiaddr.getComponents().findLast(({ name }) => name === 'p2p')?.value
    return id !== undefined && (peers.byId(id) !== undefined || peers.banOf(id) !== undefined)
  }

  #draw(address: PeerAddress, isFound: boolean): Line {
    const line: Line = { address, isFound, failures: 0, silences: 0, phase: { is: 'idle' } }
    this.#lines.set(address.text, line)
    return line
  }

  /** `idle, waiting → dialing → connected` or `→ waiting`. */
  #dial(line: Line): void {
    const ban = this.#options.peers.banOf(line.address.text)
    const { trace } = this.#options
    if (ban !== undefined) {
      trace?.('peers', 'banned', { address: line.address.text, reason: ban.reason, waitMs: ban.banMs })
      this.#wait(line, ban.banMs)
      return
    }
    const abort = new AbortController()
    line.phase = { is: 'dialing', abort }
    trace?.('peers', 'dialing', { address: line.address.text })
    this.#options.peers.connecting(line.address.text, line.address.transport)
    this.#settle(this.#attempt(line, abort))
  }

  /** Dials once. Never rejects. */
  async #attempt(line: Line, abort: AbortController): Promise<void> {
    const tooLong = new Error('the dial took too long')
    const cancelTimeout = startDeadline(this.#clock, DIAL_TIMEOUT_MS, () => abort.abort(tooLong))
    const status = this.#status
    try {
      const connected = await connectPeer(line.address, {
        caller: this.#options.caller,
        peers: this.#options.peers,
        status,
        clock: this.#clock,
        onLeave: (departure, peer) => this.#onLeave(line, departure, peer),
        onLateBlame: (departure, peer) => this.#onLateBlame(line, departure, peer),
        signal: abort.signal,
        trace: this.#options.trace,
      })
      this.#join(line, connected)
      if (status !== this.#status) connected.peer.setStatus(this.#status)
    } catch (error) {
      this.#miss(line, this.#blameFor(error, abort.signal.reason === tooLong))
    } finally {
      cancelTimeout()
    }
  }

  #blameFor(error: unknown, tookTooLong: boolean): Departure {
    if (!this.#running) return { reason: 'closed', banMs: 0 }
    const { departure, message } = asDialError(error)
    return tookTooLong && departure.banMs === 0 ? silentDial(message) : departure
  }

  /** `dialing → connected`, unless the peer has left, is connected under another address, or the dialer has stopped. */
  #join(line: Line, connected: Connected): void {
    const { peer, link } = connected
    const { peers } = this.#options
    if (peers.byId(peer.id) !== undefined) {
      peer.disconnect({ reason: 'duplicatePeer', banMs: 0 })
      throw duplicatePeer(peer.id)
    }
    if (!this.#running) peer.disconnect({ reason: 'closed', banMs: 0 })
    if (peer.departure !== undefined) {
      this.#settle(link.hangUp())
      this.#miss(line, peer.departure, peer.id)
      return
    }
    line.phase = { is: 'connected', connected, sinceMs: this.#clock.now() }
    this.#options.trace?.('peers', 'connected', { address: line.address.text, peer: peer.id })
    peers.join(peer)
  }

  /** `connected → waiting`. A peer leaving before it has joined is ignored: its dial rejects. */
  #onLeave(line: Line, departure: Departure, peer: NetworkPeer): void {
    const { phase } = line
    if (phase.is !== 'connected' || phase.connected.peer !== peer) return
    if (this.#clock.now() - phase.sinceMs >= STABLE_CONNECTION_MS) {
      line.failures = 0
      line.silences = 0
    }
    this.#settle(phase.connected.link.hangUp())
    this.#miss(line, departure, peer.id)
  }

  /** Blames a peer after its departure: ends the peer's new connection if there is one, or else records the ban. */
  #onLateBlame(line: Line, departure: Departure, peer: NetworkPeer): void {
    const { peers } = this.#options
    const again = peers.byId(peer.id)
    if (again !== undefined) again.disconnect(departure)
    else {
      this.#noteMiss(line, departure, peer.id)
      peers.leave(line.address.text, line.address.transport, departure, peer.id)
    }
  }

  /** `dialing, connected → waiting`, or `→ idle` after a stop. */
  #miss(line: Line, reason: Departure, id?: string): void {
    const pauseMs = this.#pauseMs(line.failures++)
    const { address, isFound, failures } = line
    const departure = withLongerBan(line, reason)
    // Code that could not be loaded says nothing about the peer. A ban is remembered elsewhere, so the place of a
    // banned tab goes to another.
    const hasFailed = failures >= MAX_FOUND_FAILURES && departure.reason !== 'loadFailed'
    const isGone = isFound && (hasFailed || departure.banMs > 0)
    if (this.#running && !isGone) this.#wait(line, Math.max(pauseMs, departure.banMs))
    else line.phase = { is: 'idle' }
    this.#noteMiss(line, departure, id)
    this.#options.peers.leave(address.text, address.transport, departure, id)
    if (!isGone) return
    this.#options.trace?.('peers', 'forgotten', { address: address.text })
    this.#lines.delete(address.text)
    this.#options.peers.forget(address.text)
  }

  /** Without a peer id, no connection was made. */
  #noteMiss({ address }: Line, departure: Departure, peer?: string): void {
    const { trace } = this.#options
    if (peer === undefined) trace?.('peers', 'unreachable', missOf(address, departure))
    else trace?.('peers', 'left', { ...missOf(address, departure), peer })
  }

  #wait(line: Line, pauseMs: number): void {
    line.phase = { is: 'waiting', cancel: this.#clock.after(pauseMs, () => this.#dial(line)) }
  }

  /** Returns an exponential pause, half of it random. */
  #pauseMs(failures: number): number {
    return Math.min(MAX_REDIAL_MS, MIN_REDIAL_MS * 2 ** failures) * (0.5 + 0.5 * this.#random())
  }

  /** Keeps `promise`, which never rejects, for {@link stop} to wait for. */
  #settle(promise: Promise<void>): void {
    this.#settling.add(promise)
    void promise.then(() => this.#settling.delete(promise))
  }
}

function missOf({ text }: PeerAddress, { reason, message, banMs }: Departure) {
  return { address: text, reason, message: message ?? null, banMs }
}

/** Returns `departure`, with a growing ban for repeated silence. */
function withLongerBan(line: Line, departure: Departure): Departure {
  if (departure.isSilent !== true) return departure
  return { ...departure, banMs: Math.min(MAX_SILENCE_BAN_MS, departure.banMs * 2 ** line.silences++) }
}
