/**
 * Notices a connection on which nothing comes although something should. A browser collects a message in full before
 * JavaScript sees a byte, so a message without end looks like silence, and fills the memory: the only defence is not to
 * put up with silence for long.
 */
import type { MessageStream } from '@libp2p/interface'
import type { Clock } from '../runtime/clock.ts'
import { LATE_SILENCE_TIMER_MS } from './constants.ts'

export interface SilenceWatchOptions {
  /** After so long without a byte, the other side is asked for one; left out: it owes us one all the time. */
  readonly quietMs?: number
  readonly ask?: () => void
  /** How long a byte that is owed may take. */
  readonly limitMs: number
  readonly onSilence: () => void
}

/** `quiet → owed → silent`; each byte that comes leads back to `quiet`. */
export class SilenceWatch {
  readonly #clock: Clock
  readonly #options: SilenceWatchOptions
  #stream: MessageStream | null = null
  #heardAtMs = 0
  /** Since when the other side has owed us a byte. */
  #owedAtMs: number | null = null
  #cancel = () => {}
  readonly #onMessage = () => this.#hear()
  readonly #onClose = () => this.stop()

  constructor(clock: Clock, options: SilenceWatchOptions) {
    this.#clock = clock
    this.#options = options
  }

  /** Watches what comes on `stream` until that ends. */
  start(stream: MessageStream): void {
    this.#stream = stream
    stream.addEventListener('message', this.#onMessage)
    stream.addEventListener('close', this.#onClose)
    this.#hear()
    this.#arm()
  }

  /** May be called twice. */
  stop(): void {
    this.#cancel()
    this.#stream?.removeEventListener('message', this.#onMessage)
    this.#stream?.removeEventListener('close', this.#onClose)
    this.#stream = null
  }

  #hear(): void {
    this.#heardAtMs = this.#clock.now()
    this.#owedAtMs = this.#options.quietMs === undefined ? this.#heardAtMs : null
  }

  #dueAtMs(): number {
    const { quietMs = 0, limitMs } = this.#options
    return this.#owedAtMs === null ? this.#heardAtMs + quietMs : this.#owedAtMs + limitMs
  }

  #arm(): void {
    const dueAtMs = this.#dueAtMs()
    this.#cancel = this.#clock.after(Math.max(0, dueAtMs - this.#clock.now()), () => this.#look(dueAtMs))
  }

  #look(plannedMs: number): void {
    const now = this.#clock.now()
    // This thread slept, or was held up: what has come meanwhile is behind the timer.
    if (now - plannedMs > LATE_SILENCE_TIMER_MS) this.#hear()
    else if (now >= this.#dueAtMs()) {
      if (this.#owedAtMs !== null) {
        this.stop()
        this.#options.onSilence()
        return
      }
      this.#owedAtMs = now
      this.#options.ask?.()
    }
    if (this.#stream !== null) this.#arm()
  }
}
