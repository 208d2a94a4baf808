/** The disk reads of a running sync: finds refs stored already, and drops wanted codes that no account uses. */
import { isRootlightError } from '../runtime/error.ts'
import type { LeafCallback } from '../trie/leaf.ts'
import { MAX_RESOLVES } from './constants.ts'
import type { Disk } from './disk.ts'
import type { Gap } from './frontier-items.ts'
import { resolveRef } from './resolution.ts'
import type { Scheduler } from './scheduler.ts'

export interface DiskReadsOptions {
  readonly disk: Disk
  readonly leaf: LeafCallback | undefined
  /** Called after each read. */
  readonly onChange: () => void
  /** Called when a page was found damaged and dropped. */
  readonly onDamaged: (error: unknown) => void
  /** Called when a read failed. The caller may try again. */
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

  /** True if data was dropped since {@link renew}: the contents of the disk must be read again. */
  get isOutdated(): boolean {
    return this.#isOutdated
  }

  /** To be called when the contents are read again. */
  renew(): void {
    this.#isOutdated = false
  }

  /** Reads the scheduler's unresolved refs, at most {@link MAX_RESOLVES} at a time. */
  start(scheduler: Scheduler): void {
    for (const gap of scheduler.unresolved(MAX_RESOLVES - this.#underWay)) {
      void this.#do(
        () => this.#resolve(scheduler, gap),
        () => scheduler.release([gap]),
      )
    }
  }

  /**
   * Drops wanted codes, once per sync. To be called when all nodes are on disk and no peer has the missing codes:
   * perhaps only an older target wanted them. Returns false if called before.
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
