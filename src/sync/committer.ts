/**
 * Brings what is verified to disk: one write at a time, each taking all that has gathered meanwhile, so that commits grow
 * with the rate of the sync and the sync never waits for one.
 */
import type { Code, Disk, Page } from './disk.ts'
import type { Scheduler } from './scheduler.ts'

export class Committer {
  readonly #disk: Disk
  readonly #onSettled: (error?: unknown) => void
  #pages: Page[] = []
  #codes: Code[] = []
  #writing: Promise<void> | null = null
  /** Nodes that were verified when the loose pages were written last. */
  #looseAt = -1

  /** `onSettled` is called after every write, with the error if it failed; what it was to write is kept then. */
  constructor(disk: Disk, onSettled: (error?: unknown) => void) {
    this.#disk = disk
    this.#onSettled = onSettled
  }

  /** Pages that were handed out and are not known to be on disk. */
  get pages(): readonly Page[] {
    return this.#pages
  }

  /** Bytes of {@link pages}. */
  get bytes(): number {
    return this.#pages.reduce((sum, page) => sum + page.bytes.length, 0)
  }

  /** Starts to write what the scheduler hands out, if nothing is being written. */
  start(scheduler: Scheduler): void {
    if (this.#writing !== null) return
    this.#gather(scheduler)
    if (this.#pages.length > 0 || this.#codes.length > 0) this.#run(() => this.#writeGathered())
  }

  /** Starts to write the loose pages, if nothing is being written and there is something new in them. */
  startLoose(scheduler: Scheduler): void {
    const verified = scheduler.counts.nodes
    if (this.#writing !== null || verified === this.#looseAt) return
    this.#run(() => this.#writeLoose(scheduler))
  }

  /** Starts to write everything, if nothing is being written; without anything to write that is done at once. */
  startAll(scheduler: Scheduler): void {
    if (this.#writing === null) this.#run(() => this.#writeAll(scheduler))
  }

  /** Writes everything, waiting for it: pages and codes, then what fits no page yet as loose pages. */
  async flush(scheduler: Scheduler): Promise<void> {
    await this.#writing
    await this.#writeAll(scheduler)
  }

  async #writeAll(scheduler: Scheduler): Promise<void> {
    this.#gather(scheduler)
    await this.#writeGathered()
    if (scheduler.counts.nodes !== this.#looseAt) await this.#writeLoose(scheduler)
  }

  #gather(scheduler: Scheduler): void {
    this.#pages.push(...scheduler.commit())
    this.#codes.push(...scheduler.codes.commit())
  }

  async #writeGathered(): Promise<void> {
    const [pages, codes] = [this.#pages.slice(), this.#codes.slice()]
    if (pages.length === 0 && codes.length === 0) return
    await this.#disk.commit(pages, codes)
    this.#pages = this.#pages.slice(pages.length)
    this.#codes = this.#codes.slice(codes.length)
  }

  async #writeLoose(scheduler: Scheduler): Promise<void> {
    const verified = scheduler.counts.nodes
    await this.#disk.keepLoose(scheduler.looseSequences())
    this.#looseAt = verified
  }

  #run(write: () => Promise<void>): void {
    const settle = (error?: unknown) => {
      this.#writing = null
      this.#onSettled(error)
    }
    this.#writing = write().then(() => settle(), settle)
  }
}
