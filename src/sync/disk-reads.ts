/** What a running sync asks its disk for: refs that it may hold, and codes that are wanted for nothing. */
import { isRootlightError } from '../trie/error.ts'
import type { LeafCallback } from '../trie/leaf.ts'
import { MAX_RESOLVES } from './constants.ts'
import type { Disk } from './disk.ts'
import type { Gap } from './frontier.ts'
import { resolveRef } from './resolution.ts'
import type { Scheduler } from './scheduler.ts'

export interface DiskReadsOptions {
  readonly disk: Disk
  readonly leaf: LeafCallback | undefined
  /** A read has ended. */
  readonly onChange: () => void
  /** A page was found damaged, and has been dropped. */
  readonly onDamaged: (error: unknown) => void
  /** A read has failed, and can be tried again if that is of use. */
  readonly onError: (error: unknown) => void
}

export class DiskReads {
  readonly #options: DiskReadsOptions
  #underWay = 0
  #isOutdated = false
  #knowsItsCodes = false

  constructor(options: DiskReadsOptions) {
    this.#options = options
  }

  get idle(): boolean {
    return this.#underWay === 0
  }

  /** True: something was dropped, so that what the disk holds has to be asked again. */
  get isOutdated(): boolean {
    return this.#isOutdated
  }

  /** It is asked again now. */
  renew(): void {
    this.#isOutdated = false
  }

  /** Reads what the scheduler wants to know, so many refs at a time. */
  start(scheduler: Scheduler): void {
    for (const gap of scheduler.unresolved(MAX_RESOLVES - this.#underWay)) {
      void this.#do(
        () => this.#resolve(scheduler, gap),
        () => scheduler.release([gap]),
      )
    }
  }

  /**
   * Nothing but codes is missing, all nodes are on disk, and nobody has the codes: perhaps only an older target wanted
   * them. False: that was looked at before.
   */
  dropStrayCodes(): boolean {
    if (this.#knowsItsCodes) return false
    this.#knowsItsCodes = true
    void this.#do(async () => {
      if (await this.#options.disk.dropStrayCodes()) this.#isOutdated = true
    })
    return true
  }

  async #resolve(scheduler: Scheduler, gap: Gap): Promise<void> {
    const { disk, leaf } = this.#options
    const { scope, baseScope } = scheduler
    scheduler.resolve(gap, await resolveRef({ disk, leaf, scope, baseScope }, gap))
  }

  async #do(read: () => Promise<void>, onFailed: () => void = () => {}): Promise<void> {
    this.#underWay++
    try {
      await read()
    } catch (error) {
      if (isRootlightError(error, 'damagedPage')) {
        this.#isOutdated = true
        this.#options.onDamaged(error)
      } else {
        onFailed()
        this.#options.onError(error)
      }
    } finally {
      this.#underWay--
      this.#options.onChange()
    }
  }
}
