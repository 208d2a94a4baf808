/**
 * How long a trial took, and how much of that nobody could have done anything: while the machine sleeps, and while no honest
 * peer with the root of the target is connected, unless that is because it was kept out.
 */
import type { Server } from './server.ts'
import type { SimulatedState } from './states.ts'
import type { Tab } from './tab.ts'

export class Stopwatch {
  /** Time in which a sync was wanted. */
  elapsedMs = 0
  /** Of it, time in which none could do anything. */
  waitedMs = 0
  readonly #servers: readonly Server[]
  #lastMs = 0
  #couldAsk = false
  #isWanted = false

  constructor(servers: readonly Server[]) {
    this.#servers = servers
  }

  /**
   * To be called when a step has settled; `target` is what is wanted from now on, `null`: nothing. The machine sleeps until
   * `sleepsUntilMs`, which may be past.
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
