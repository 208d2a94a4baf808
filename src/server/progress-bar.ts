/** A progress bar on a terminal, for work taking more than a second. Without a terminal nothing is written. */
import { PROGRESS_DELAY_MS, PROGRESS_REDRAW_MS } from './constants.ts'

/** The output of the bar: `process.stderr`, or a test's. */
export interface Terminal {
  readonly isTTY?: boolean
  write(text: string): unknown
}

export class ProgressBar {
  readonly #terminal: Terminal
  readonly #now: () => number
  readonly #startedAt: number
  #drawnAt = Number.NEGATIVE_INFINITY

  constructor(terminal: Terminal, now: () => number = () => performance.now()) {
    this.#terminal = terminal
    this.#now = now
    this.#startedAt = now()
  }

  /** Shows the progress: `fraction` is from 0 to 1, or `undefined` if unknown. */
  update(text: string, fraction?: number): void {
    const now = this.#now()
    if (!this.#terminal.isTTY || now - this.#startedAt < PROGRESS_DELAY_MS || now - this.#drawnAt < PROGRESS_REDRAW_MS)
      return
    this.#drawnAt = now
    this.#terminal.write(`${CLEAR_LINE}${text}${fraction === undefined ? '' : ` ${barOf(fraction)}`}`)
  }

  /** Removes the bar. */
  clear(): void {
    if (this.#drawnAt > Number.NEGATIVE_INFINITY) this.#terminal.write(CLEAR_LINE)
    this.#drawnAt = Number.NEGATIVE_INFINITY
  }
}

const CLEAR_LINE = '\r\x1b[K'
const WIDTH = 30

function barOf(fraction: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, fraction)) * WIDTH)
  return `${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)} ${Math.floor(fraction * 100)} %`
}
