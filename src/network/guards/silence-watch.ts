/**
 * Notices a silent connection when bytes are due. A browser collects a whole message before JavaScript sees any byte.
 * So an endless message looks like silence, and fills the memory. The only defence is a short limit of silence.
 */
import type { MessageStream } from '@libp2p/interface'
import type { Clock } from '../../runtime/clock.ts'
import { Deadline } from '../../runtime/deadline.ts'

export interface SilenceWatchOptions {
  /** The time without a byte after which the other side is asked for one. Left out: bytes are due all the time. */
  readonly quietMs?: number
  readonly ask?: () => void
  /** The time in which a due byte has to come. */
  readonly limitMs: number
  readonly onSilence: () => void
}

/** `quiet → owed → silent`; each received byte leads back to `quiet`. */
export class SilenceWatch {
  readonly #clock: Clock
  readonly #options: SilenceWatchOptions
  readonly #owed: Deadline
  #stream: MessageStream | null = null
  #heardAtMs = 0
  #cancelQuiet = () => {}
  readonly #onMessage = () => this.#hear()
  readonly #onClose = () => this.stop()

  constructor(clock: Clock, options: SilenceWatchOptions) {
    this.#clock = clock
    this.#options = options
    this.#owed = new Deadline(clock, options.limitMs, () => {
      this.stop()
      options.onSilence()
    })
  }

  /** Watches `stream` until its end. */
  start(stream: MessageStream): void {
    this.#stream = stream
    stream.addEventListener('message', this.#onMessage)
    stream.addEventListener('close', this.#onClose)
    this.#heardAtMs = this.#clock.now()
    this.#await()
  }

  /** Stops watching. May be called twice. */
  stop(): void {
    this.#cancelQuiet()
    this.#owed.stop()
    this.#stream?.removeEventListener('message', this.#onMessage)
    this.#stream?.removeEventListener('close', this.#onClose)
    this.#stream = null
  }

  /** Notes a byte. Runs often, so a running timer is left alone and checks the time when due. */
  #hear(): void {
    this.#heardAtMs = this.#clock.now()
    if (!this.#owed.isRunning) return
    this.#owed.stop()
    this.#await()
  }

  #await(): void {
    const { quietMs, ask } = this.#options
    const dueAtMs = this.#heardAtMs + (quietMs ?? 0)
    const leftMs = dueAtMs - this.#clock.now()
    if (quietMs !== undefined && leftMs > 0) {
      this.#cancelQuiet = this.#clock.after(leftMs, () => this.#await())
      return
    }
    this.#owed.start()
    ask?.()
  }
}
