/**
 * What a trial takes place in: its time and chance, its states, the servers and what happens to their network, and the
 * record of it all. It knows nothing of the tab that syncs.
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
  /** The targets, one for each pivot and the first. One that is gone back to is there again. */
  readonly states: readonly SimulatedState[]
  readonly servers: readonly Server[]
  /** How often what happened. */
  readonly tally: Record<string, number> = {}
  /** False while the tab's machine has no network. */
  isOnline = true
  #wentOnlineAtMs = Number.NEGATIVE_INFINITY
  /** Time in which the network of an honest peer delivered nothing. */
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

  /** Lets come what the plan has for the servers. */
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

  /** The state `index` is that of the newest block: who has it learns it sooner or later. */
  name(index: number): void {
    const state = this.states[index]!
    for (const server of this.servers) {
      const { vice, boasts, learnsAfterMs } = server.plan
      if (vice === 'staleRoot') continue
      if (boasts) server.announce(state)
      this.clock.after(learnsAfterMs, () => server.learn(state))
    }
  }

  /** The tab's machine loses its network. */
  goOffline(): void {
    this.isOnline = false
    this.count('offline')
    for (const server of this.servers) server.cut()
  }

  /** It has it again. */
  goOnline(): void {
    this.isOnline = true
    this.#wentOnlineAtMs = this.clock.now()
  }

  /** When the tab's machine was without a network last. */
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
