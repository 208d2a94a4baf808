/**
 * The store as other tabs see it, throttled: limits on requests at a time and on bytes a second, behind the tab's own
 * work. While paused, the source has nothing, so other tabs ask elsewhere at once.
 */
import type { Clock } from '../../runtime/clock.ts'
import { type NodeSource, OWN_WORK, type Ref, type Work } from '../../trie/node-source.ts'
import type { Path } from '../../trie/path.ts'
import { UPLOAD_BURST_MS } from '../constants.ts'
import type { ForegroundWork } from './foreground-work.ts'

export interface BackgroundSourceOptions {
  readonly source: NodeSource
  readonly uploadBytesPerSecond: number
  readonly maxRequests: number
  readonly clock: Clock
  /** The tab's own work: other tabs wait for its reads, and are served one at a time during a sync. */
  readonly foreground: ForegroundWork
}

const NOTHING = new Uint8Array()

export class BackgroundSource implements NodeSource {
  readonly #options: BackgroundSourceOptions
  #isPaused = false
  #serving = 0
  readonly #line: (() => void)[] = []
  /** The time when the rate covers all bytes sent so far. */
  #paidAt: number

  constructor(options: BackgroundSourceOptions) {
    this.#options = options
    this.#paidAt = options.clock.now()
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
  }

  has(root: Uint8Array): boolean {
    return !this.#isPaused && this.#options.source.has(root)
  }

  run(root: Uint8Array, ref: Ref, maxNodes: number, maxBytes: number, work: Work = OWN_WORK): Promise<Uint8Array> {
    return this.#serve(NOTHING, (source) => source.run(root, ref, maxNodes, maxBytes, this.#yielding(work)))
  }

  path(root: Uint8Array, ref: Ref, key: Path, work: Work = OWN_WORK): Promise<Uint8Array> {
    return this.#serve(NOTHING, (source) => source.path(root, ref, key, this.#yielding(work)))
  }

  code(hash: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#serve(undefined, (source) => source.code(hash))
  }

  header(hash: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#serve(undefined, async (source) => source.header?.(hash))
  }

  async #serve<T extends Uint8Array | undefined>(nothing: T, read: (source: NodeSource) => Promise<T>): Promise<T> {
    await this.#enter()
    try {
      await this.#options.foreground.noReads()
      await this.#budget()
      if (this.#isPaused) return nothing
      const bytes = await read(this.#options.source)
      this.#pay(bytes?.length ?? 0)
      return this.#isPaused ? nothing : bytes
    } finally {
      this.#leave()
    }
  }

  /** Wraps `work`: during a pause the request gives up its place here, and own reads go ahead. */
  #yielding(work: Work): Work {
    return {
      do: (piece) => work.do(piece),
      pause: async () => {
        this.#leave()
        try {
          await work.pause()
        } finally {
          await this.#enter()
        }
        await this.#options.foreground.noReads()
      },
    }
  }

  /** Returns the number of requests that may start now. */
  #room(): number {
    const { foreground, maxRequests } = this.#options
    return (foreground.isSyncing ? 1 : maxRequests) - this.#serving
  }

  async #enter(): Promise<void> {
    while (this.#room() <= 0) await new Promise<void>((resolve) => this.#line.push(resolve))
    this.#serving++
  }

  #leave(): void {
    this.#serving--
    for (let room = this.#room(); room > 0; room--) this.#line.shift()?.()
  }

  /** Waits until the next answer may go: sent bytes run ahead of the rate by a burst at most. */
  async #budget(): Promise<void> {
    const { clock } = this.#options
    const waitMs = this.#paidAt - UPLOAD_BURST_MS - clock.now()
    if (waitMs > 0) await new Promise<void>((resolve) => clock.after(waitMs, resolve))
  }

  #pay(bytes: number): void {
    const { clock, uploadBytesPerSecond } = this.#options
    this.#paidAt = Math.max(this.#paidAt, clock.now()) + (bytes * 1000) / uploadBytesPerSecond
  }
}
