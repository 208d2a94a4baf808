/**
 * Notices a connection on which nothing comes although something should. A browser collects a message in full before
 * JavaScript sees a byte, so a message without end looks like silence, and fills the memory: the only defence is not to
 * put up with silence for long.
 */
import type { MessageStream } from '@libp2p/interface'
import type { Clock } from '../../runtime/clock.ts'
import { Deadline } from '../../runtime/deadline.ts'

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

  /** Watches what comes on `stream` until that ends. */
  start(stream: MessageStream): void {
    this.#stream = stream
    stream.addEventListener('message', this.#onMessage)
    stream.addEventListener('close', this.#onClose)
    this.#heardAtMs = this.#clock.now()
    this.#await()
  }

  /** May be called twice. */
  stop(): void {
    this.#cancelQuiet()
    this.#owed.stop()
    this.#stream?.removeEventListener('message', this.#onMessage)
    this.#stream?.removeEventListener('close', this.#onClose)
    this.#stream = null
  }

  /** Often: the timer of a stream that is not quiet goes on, and looks when it is due. */
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
