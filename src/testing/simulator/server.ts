/**
 * A peer of the simulation on a machine of its own: data, vice and connections. An honest peer is the real responder
 * over states in memory.
 */

import { DEFAULT_LIMITS, EVERYTHING, type Limits, type Request, type Status } from '../../protocol/messages.ts'
import { Responder } from '../../protocol/responder.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Keccak } from '../../trie/keccak.ts'
import type { NodeSource } from '../../trie/node-source.ts'
import type { Random } from '../random.ts'
import { Liar, type Offence } from './liar.ts'
import { Link } from './link.ts'
import type { ServerPlan } from './plan.ts'
import type { SimulatedState } from './states.ts'
import { TrieSource } from './trie-source.ts'
import { isLying, viciousSource } from './vices.ts'

export interface ServerOptions {
  readonly plan: ServerPlan
  readonly clock: Clock
  readonly random: Random
  readonly keccak: Keccak
  /** All states of the trial. */
  readonly truth: TrieSource
  /** Called when an offence of this peer is about to reach the tab. */
  readonly onOffence: (server: Server, offence: Offence, request: Request) => void
  readonly onArrival: (server: Server, bytes: number) => void
}

const CHAIN_ID = 1

export class Server {
  readonly plan: ServerPlan
  /** False before the peer comes, and while the peer's network is down: dials fail. */
  isReachable = false
  /** Offences received by the tab. */
  offences = 0
  readonly #options: ServerOptions
  readonly #source = new TrieSource()
  readonly #announced = new Map<string, SimulatedState>()
  readonly #viciousSource: NodeSource
  readonly #links = new Map<Link, { sendStatus(status: Status): void }>()

  constructor(options: ServerOptions) {
    this.#options = options
    this.plan = options.plan
    this.#viciousSource = viciousSource(this.#source, options.plan.vice, options.random)
  }

  get id(): string {
    return this.plan.id
  }

  /** Bytes on their way to the tab. */
  get bytesInFlight(): number {
    let bytes = 0
    for (const link of this.#links.keys()) bytes += link.bytesToTab
    return bytes
  }

  /** Returns true if the peer can answer for `root`. */
  has(root: Uint8Array): boolean {
    return this.#source.has(root)
  }

  /** Adds `state` to the peer's data, and announces the state. */
  learn(state: SimulatedState): void {
    this.#source.learn(state)
    this.announce(state)
  }

  /** Announces `state` in the Status. */
  announce(state: SimulatedState): void {
    this.#announced.set(state.rootHex, state)
    const status = this.#status()
    for (const session of this.#links.values()) session.sendStatus(status)
  }

  /** Accepts a tab's connection. */
  accept(): Link {
    const { clock, random, onArrival } = this.#options
    const link = new Link({ ...this.plan, clock, random, onArrival: (bytes) => onArrival(this, bytes) })
    if (isLying(this.plan.vice)) this.#lie(link)
    else this.#respond(link)
    return link
  }

  /** Cuts all connections. Returns false if there is none. */
  cut(): boolean {
    const links = [...this.#links.keys()]
    for (const link of links) this.#drop(link)
    return links.length > 0
  }

  /** Holds all answers back for `ms`. Returns false if no tab is connected. */
  pause(ms: number): boolean {
    for (const link of this.#links.keys()) link.pause(ms)
    return this.#links.size > 0
  }

  #respond(link: Link): void {
    let servedMore = this.plan.vice === 'quitting' ? 1 + this.#options.random.int(5) : Number.POSITIVE_INFINITY
    const responder = new Responder({
      wire: link.server,
      source: this.#viciousSource,
      status: this.#status(),
      clock: this.#options.clock,
      onServed: () => {
        if (--servedMore === 0) this.#drop(link)
      },
      onFailure: (error) => {
        throw error
      },
      onClose: () => this.#links.delete(link),
    })
    this.#links.set(link, responder)
    responder.start()
  }

  #lie(link: Link): void {
    const { vice, zeal } = this.plan
    if (!isLying(vice)) return
    const liar = new Liar({
      ...this.#options,
      wire: link.server,
      vice,
      zeal,
      source: this.#viciousSource,
      status: this.#status(),
      onOffence: (offence, request) => {
        this.offences++
        this.#options.onOffence(this, offence, request)
      },
      onClose: () => this.#links.delete(link),
    })
    this.#links.set(link, liar)
    liar.start()
  }

  #drop(link: Link): void {
    this.#links.delete(link)
    link.cut()
  }

  #status(): Status {
    const roots = [...this.#announced.values()].map(({ root }) => ({ root, blockNumber: 0, coverage: EVERYTHING }))
    return { chainId: CHAIN_ID, roots, limits: this.#limits() }
  }

  #limits(): Limits {
    const limits = { ...DEFAULT_LIMITS, maxResponseBytes: this.plan.maxResponseBytes }
    if (this.plan.vice !== 'capped') return limits
    return { ...limits, maxRefs: 1, maxHashes: 1, maxOpenRequests: 1 + (this.plan.roundTripMs & 1) }
  }
}
