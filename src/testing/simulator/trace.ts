/** The history of a simulation as one number. Histories with the same digest are the same, event for event. */

/** A digest of events in order. Keeps the events themselves only on request. */
export class Trace {
  /** Number of events noted. */
  events = 0
  readonly lines: string[] | null
  #high = 0x811c9dc5
  #low = 0x9e3779b9

  constructor(keepsLines = false) {
    this.lines = keepsLines ? [] : null
  }

  /** Notes an event at the time `atMs`. */
  note(atMs: number, event: string, amount = 0): void {
    this.events++
    this.#mix(Math.round(atMs * 1000))
    this.#mix(amount)
    for (let i = 0; i < event.length; i++) this.#mix(event.charCodeAt(i))
    this.lines?.push(`${atMs.toFixed(3).padStart(12)} ${event}${amount === 0 ? '' : ` ${amount}`}`)
  }

  /** Returns 16 hex digits. */
  digest(): string {
    return [this.#high, this.#low].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('')
  }

  #mix(value: number): void {
    this.#high = Math.imul(this.#high ^ value, 0x01000193)
    this.#low = Math.imul(this.#low ^ (value + (this.#high >>> 15)), 0x85ebca6b)
  }
}
