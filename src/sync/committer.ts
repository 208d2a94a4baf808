/**
 * Writes verified data to disk, one write at a time. Each write takes everything gathered meanwhile. So commits grow
 * with the rate of the sync, and the sync never waits for a write.
 */
import type { Code, Disk, Page } from './disk.ts'
import type { Scheduler } from './scheduler.ts'

export class Committer {
  readonly #disk: Disk
  readonly #onSettled: (error?: unknown) => void
  #pages: Page[] = []
  #codes: Code[] = []
  #writing: Promise<void> | null = null
  /** The number of nodes verified at the last write of the loose pages. */
  #looseAt = -1

  /**
   * `onSettled` is called after every write, with the error if the write failed. The data of a failed write is kept.
   */
  constructor(disk: Disk, onSettled: (error?: unknown) => void) {
    this.#disk = disk
    this.#onSettled = onSettled
  }

  /** Pages handed out by the scheduler, but not known to be on disk. */
  get pages(): readonly Page[] {
    return this.#pages
  }

  /** Bytes of {@link pages}. */
  get bytes(): number {
    return this.#pages.reduce((sum, page) => sum + page.bytes.length, 0)
  }

  /** Starts to write the pages and codes of the scheduler, if no write is running. */
  start(scheduler: Scheduler): void {
    if (this.#writing !== null) return
    this.#gather(scheduler)
    if (this.#pages.length > 0 || this.#codes.length > 0) this.#run(() => this.#writeGathered())
  }

  /** Starts to write the loose pages, if no write is running and nodes were verified since the last time. */
  startLoose(scheduler: Scheduler): void {
    const verified = scheduler.counts.nodes
    if (this.#writing !== null || verified === this.#looseAt) return
    this.#run(() => this.#writeLoose(scheduler))
  }

  /** Starts to write everything, if no write is running. With nothing to write, settles at once. */
  startAll(scheduler: Scheduler): void {
    if (this.#writing === null) this.#run(() => this.#writeAll(scheduler))
  }

  /** Writes everything and waits: pages and codes, then the nodes that fill no page yet as loose pages. */
  async flush(scheduler: Scheduler): Promise<void> {
    // Another write may begin between the end of one and this line.
    while (this.#writing !== null) await this.#writing
    const flushed = this.#writeAll(scheduler)
    const settle = () => {
      this.#writing = null
    }
    this.#writing = flushed.then(settle, settle)
    await this.#writing
    await flushed
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
