/**
 * The world of a trial: time, chance, states, servers and the network, and the record of all events. The world knows
 * nothing of the syncing tab.
 */
import type { Keccak } from '../../trie/keccak.ts'
import { type Random, seededRandom } from '../random.ts'
import type { TrialPlan } from './plan.ts'
import { Server, type ServerOptions } from './server.ts'
import { firstState, nextState, type SimulatedState } from './states.ts'
import type { Trace } from './trace.ts'
import { TrieSource } from './trie-source.ts'
import { VirtualClock } from './virtual-clock.ts'

export interface WorldOptions {
  readonly plan: TrialPlan
  readonly keccak: Keccak
  readonly trace: Trace
  /** See {@link ServerOptions.onOffence}. */
  readonly onOffence: ServerOptions['onOffence']
}

export class World {
  readonly clock = new VirtualClock()
  readonly random: Random
  /** The targets: the first one, and one for each pivot. A target taken up again appears again. */
  readonly states: readonly SimulatedState[]
  readonly servers: readonly Server[]
  /** Numbers of events, by name. */
  readonly tally: Record<string, number> = {}
  /** False while the tab's machine has no network. */
  isOnline = true
  #wentOnlineAtMs = Number.NEGATIVE_INFINITY
  /** Total time of pauses in the network of honest peers. */
  pausedMs = 0
  readonly #options: WorldOptions

  constructor(options: WorldOptions) {
    const { plan, keccak } = options
    this.#options = options
    this.random = seededRandom(plan.seed ^ 0x5eed)
    this.states = this.#drawStates(plan, keccak)
    const truth = new TrieSource()
    for (const state of this.states) truth.learn(state)
    this.servers = plan.servers.map((server) => this.#createServer(server, truth))
  }

  /** Schedules the plan of the servers: arrivals, cuts and pauses. */
  start(): void {
    for (const server of this.servers) {
      const { comesAtMs, cutsAtMs, pauses } = server.plan
      this.clock.after(comesAtMs, () => {
        server.isReachable = true
      })
      for (const atMs of cutsAtMs) this.clock.after(atMs, () => this.#cut(server))
      for (const { atMs, ms } of pauses) this.clock.after(atMs, () => this.#pause(server, ms))
    }
  }

  /** Makes state `index` the state of the newest block. The servers learn the state sooner or later. */
  name(index: number): void {
    const state = this.states[index]!
    for (const server of this.servers) {
      const { vice, boasts, learnsAfterMs } = server.plan
      if (vice === 'staleRoot') continue
      if (boasts) server.announce(state)
      this.clock.after(learnsAfterMs, () => server.learn(state))
    }
  }

  /** Takes the tab's machine off the network. */
  goOffline(): void {
    this.isOnline = false
    this.count('offline')
    for (const server of this.servers) server.cut()
  }

  /** Brings the tab's machine back to the network. */
  goOnline(): void {
    this.isOnline = true
    this.#wentOnlineAtMs = this.clock.now()
  }

  /** Returns the last time when the tab's machine had no network. */
  lastOfflineMs(): number {
    return this.isOnline ? this.#wentOnlineAtMs : this.clock.now()
  }

  /** Notes an event in the trace. */
  note(event: string, amount = 0): void {
    this.#options.trace.note(this.clock.now(), event, amount)
  }

  /** Notes an event, and counts it. */
  count(event: string): void {
    this.note(event)
    this.tally[event] = (this.tally[event] ?? 0) + 1
  }

  #drawStates({ accounts, events }: TrialPlan, keccak: Keccak): SimulatedState[] {
    const states = [firstState(this.random, accounts, keccak)]
    for (const { kind } of events) {
      if (kind === 'pivot') states.push(nextState(this.random, states.at(-1)!, keccak))
      else if (kind === 'back') states.push(this.random.pick(states))
    }
    return states
  }

  #createServer(plan: Server['plan'], truth: TrieSource): Server {
    const { clock, random } = this
    const { keccak, onOffence } = this.#options
    const onArrival = (server: Server, bytes: number) => this.note(server.id, bytes)
    return new Server({ plan, truth, clock, random, keccak, onOffence, onArrival })
  }

  #cut(server: Server): void {
    if (server.cut()) this.count('cut')
  }

  #pause(server: Server, ms: number): void {
    if (!server.pause(ms)) return
    this.count('pause')
    if (server.plan.vice === 'honest') this.pausedMs += ms
  }
}
