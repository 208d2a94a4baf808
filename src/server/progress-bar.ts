/** A progress bar on a terminal, for what takes more than a second. Where there is no terminal it writes nothing. */
import { PROGRESS_DELAY_MS, PROGRESS_REDRAW_MS } from './constants.ts'

/** What the bar draws on: `process.stderr`, or a test's. */
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

  /** Shows how far it is: `fraction` from 0 to 1, `undefined` where that is not known. */
  update(text: string, fraction?: number): void {
    const now = this.#now()
    if (!this.#terminal.isTTY || now - this.#startedAt < PROGRESS_DELAY_MS || now - this.#drawnAt < PROGRESS_REDRAW_MS)
      return
    this.#drawnAt = now
    this.#terminal.write(`${CLEAR_LINE}${text}${fraction === undefined ? '' : ` ${barOf(fraction)}`}`)
  }

  /** Takes the bar away. */
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
