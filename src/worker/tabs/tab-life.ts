/**
 * The living tabs of an origin. Each tab holds a Web Lock with its name for life, and the browser frees the lock
 * however the tab ends. Another tab holds the lock only for the moment of a check.
 */
import type { Clock } from '../../runtime/clock.ts'
import { startDeadline } from '../../runtime/deadline.ts'
import { LOCK_TIMEOUT_MS } from '../constants.ts'
import type { Locks } from './writer-lock.ts'

export interface TabLifeOptions {
  readonly locks: Locks
  /** A name shared by the tabs of this database. */
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

  /** Announces this tab by the name `tab`. If the browser does not answer, others take the tab for dead. */
  begin(tab: string): void {
    const hold = () => {
      if (this.#hasEnded) return
      return new Promise<void>((release) => {
        this.#release = release
      })
    }
    this.#options.locks.request(this.#lockOf(tab), {}, hold).catch(() => {})
  }

  /** Ends the announcement. May be called twice. */
  end(): void {
    this.#hasEnded = true
    this.#release()
  }

  /** Returns true if the tab of this name lives, or if the browser does not answer. */
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
