/**
 * Measures the duration of a trial, and the part without any possible progress. No progress is possible while the
 * machine sleeps, or while no honest peer with the target's root is connected. Time with such a peer banned counts as
 * normal time.
 */
import type { Server } from './server.ts'
import type { SimulatedState } from './states.ts'
import type { Tab } from './tab.ts'

export class Stopwatch {
  /** Time with a wanted sync. */
  elapsedMs = 0
  /** The part of {@link elapsedMs} without any possible progress. */
  waitedMs = 0
  readonly #servers: readonly Server[]
  #lastMs = 0
  #couldAsk = false
  #isWanted = false

  constructor(servers: readonly Server[]) {
    this.#servers = servers
  }

  /**
   * Adds the time since the last call. The trial calls this when a step has settled. `target` is the target from now
   * on, `null` if there is none. The machine sleeps until `sleepsUntilMs`, possibly in the past.
   */
  lap(nowMs: number, tab: Tab, target: SimulatedState | null, sleepsUntilMs: number): void {
    const stepMs = nowMs - this.#lastMs
    this.#lastMs = nowMs
    if (this.#isWanted) this.elapsedMs += stepMs
    if (this.#isWanted && !this.#couldAsk) this.waitedMs += stepMs
    this.#isWanted = target !== null
    const isAwake = nowMs >= sleepsUntilMs && !tab.isDead
    this.#couldAsk = target !== null && isAwake && tab.running !== null && this.#canAsk(tab, target)
  }

  #canAsk({ peers }: Tab, { root }: SimulatedState): boolean {
    return this.#servers.some((server) => {
      const { id, plan } = server
      if (plan.vice !== 'honest' || !server.has(root)) return false
      return peers.banOf(id) !== undefined || peers.byId(id)?.mayHave(root) === true
    })
  }
}
