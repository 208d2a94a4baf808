/** The trace: the client's decisions, one line each, the newest last. Off at first: then the client notes nothing. */
import type { TraceEvent } from '../src/index.ts'
import { byId, create, oncePerFrame } from './dom.ts'
import { MAX_TRACE_LINES, TraceLines } from './trace-lines.ts'

/** The panel `#trace`. */
export class TraceView {
  readonly #box = byId('trace-on', HTMLInputElement)
  readonly #list = byId('trace-lines', HTMLOListElement)
  readonly #lines = new TraceLines(MAX_TRACE_LINES)
  readonly #draw = oncePerFrame(() => this.#render())

  /** `onChange` is called when the trace is turned on or off. */
  constructor(onChange: () => void) {
    this.#list.hidden = !this.#box.checked // a browser may restore the box on a reload
    this.#box.addEventListener('change', () => {
      this.#list.hidden = !this.#box.checked
      onChange()
    })
  }

  get isOn(): boolean {
    return this.#box.checked
  }

  add(event: TraceEvent): void {
    this.#lines.add(event)
    this.#draw()
  }

  /** Follows the newest line, unless the reader has scrolled up. */
  #render(): void {
    const { scrollTop, clientHeight, scrollHeight } = this.#list
    const isAtEnd = scrollTop + clientHeight >= scrollHeight - 4
    for (const { time, scope, text } of this.#lines.takeNew()) {
      const line = create('li', 'trace-line')
      line.append(create('span', 'trace-time', time), create('span', 'trace-scope', scope), ` ${text}`)
      this.#list.append(line)
    }
    while (this.#list.childElementCount > MAX_TRACE_LINES) this.#list.firstElementChild?.remove()
    if (isAtEnd) this.#list.scrollTop = this.#list.scrollHeight
  }
}
