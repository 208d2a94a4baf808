/** The activities of a trial beside its syncs: bursts of reads, exports, and guests which sync from the tab. */
import type { Keccak } from '../../trie/keccak.ts'
import { type Random, seededRandom } from '../random.ts'
import type { Beside } from './plan.ts'
import { runExport } from './simulated-export.ts'
import { SimulatedGuest } from './simulated-guest.ts'
import { SimulatedReads } from './simulated-reads.ts'
import type { SimulatedState } from './states.ts'
import type { Tab } from './tab.ts'
import type { VirtualClock } from './virtual-clock.ts'

export interface BesideSyncsOptions {
  readonly seed: number
  readonly isCalm: boolean
  readonly states: readonly SimulatedState[]
  readonly clock: VirtualClock
  readonly keccak: Keccak
  /** Counts an event by its name. */
  readonly count: (what: string) => void
  readonly onFailure: (error: unknown) => void
}

export class BesideSyncs {
  readonly #options: BesideSyncsOptions
  /** Randomness of its own, separate from the network's. */
  readonly #random: Random
  readonly #reads: SimulatedReads
  /** Number of running guests and exports. */
  #running = 0

  constructor(options: BesideSyncsOptions) {
    this.#options = options
    this.#random = seededRandom(options.seed ^ 0xbe51de)
    this.#reads = new SimulatedReads({ ...options, random: this.#random })
  }

  /** True while an activity has not ended. */
  get areBusy(): boolean {
    return this.#reads.areOpen || this.#running > 0
  }

  /** Throws if a read waits for too long. The trial calls this after every step. */
  check(): void {
    this.#reads.check()
  }

  /** Begins an activity in `tab`, unless the tab is dead. */
  begin(beside: Beside, tab: Tab): void {
    if (tab.isDead) return
    if (beside.kind === 'reads') {
      for (let i = 0; i < beside.count; i++) tab.run(() => this.#reads.begin(tab))
    } else if (beside.kind === 'guest') void this.#follow(tab, this.#visit(tab))
    else tab.run(() => void this.#follow(tab, runExport(tab, this.#options)))
  }

  #visit(tab: Tab): Promise<void> {
    return new SimulatedGuest('a guest', tab, { ...this.#options, random: this.#random }).visit()
  }

  /** Counts `work` as running until the work has ended or its tab has died. */
  async #follow(tab: Tab, work: Promise<void>): Promise<void> {
    this.#running++
    const died = tab.died.then(() => {})
    await Promise.race([work, died]).catch(this.#options.onFailure)
    this.#running--
  }
}
