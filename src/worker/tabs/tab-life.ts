/**
 * Which tabs of an origin live: each holds a Web Lock with its name as long as it does, which the browser lets go of however
 * the tab ends. Nobody else ever holds one, but for the moment in which it is looked at.
 */
import type { Clock } from '../../runtime/clock.ts'
import { startDeadline } from '../../runtime/deadline.ts'
import { LOCK_TIMEOUT_MS } from '../constants.ts'
import type { Locks } from './writer-lock.ts'

export interface TabLifeOptions {
  readonly locks: Locks
  /** What the tabs of this database have in common. */
  readonly name: string
  readonly clock: Clock
}

export class TabLife {
  readonly #options: TabLifeOptions
  #release: () => void = () => {}
  #hasEnded = false

  constructor(options: TabLifeOptions) {
    this.#options = options
  }

  /** This tab lives, and is called `tab`. Without an answer of the browser, others take it for dead. */
  begin(tab: string): void {
    const hold = () => {
      if (this.#hasEnded) return
      return new Promise<void>((release) => {
        this.#release = release
      })
    }
    this.#options.locks.request(this.#lockOf(tab), {}, hold).catch(() => {})
  }

  /** May be called twice. */
  end(): void {
    this.#hasEnded = true
    this.#release()
  }

  /** Whether the tab of this name lives; where the browser does not say, it does. */
  isAlive(tab: string): Promise<boolean> {
    const { locks, clock } = this.#options
    return new Promise((resolve) => {
      const stop = startDeadline(clock, LOCK_TIMEOUT_MS, () => resolve(true))
      const look = (lock: object | null) => {
        stop()
        resolve(lock === null)
        return undefined
      }
      locks.request(this.#lockOf(tab), { ifAvailable: true }, look).catch(() => {
        stop()
        resolve(true)
      })
    })
  }

  #lockOf(tab: string): string {
    return `${this.#options.name}:tab:${tab}`
  }
}
