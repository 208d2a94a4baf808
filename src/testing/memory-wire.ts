/**
 * Two wires in memory, tied to each other, for tests and for peers in one process. Chunks arrive in later microtasks.
 */
import type { Wire, WireHandler } from '../protocol/wire.ts'

/** Returns the two ends of one wire. The other end receives everything sent, one chunk for each piece. */
export function createWirePair(): [Wire, Wire] {
  const a = new MemoryWire()
  const b = new MemoryWire()
  a.tie(b)
  b.tie(a)
  return [a, b]
}

type Delivery = { readonly chunk: Uint8Array } | { readonly end: Error | undefined }

class MemoryWire implements Wire {
  /** Deliveries received and not yet passed to the handler. */
  readonly #arrived: Delivery[] = []
  #other: MemoryWire | undefined
  #handler: WireHandler | undefined
  #closed = false

  tie(other: MemoryWire): void {
    this.#other = other
  }

  open(handler: WireHandler): void {
    this.#handler = handler
    for (const _ of this.#arrived) queueMicrotask(() => this.#deliver())
  }

  async send(pieces: readonly Uint8Array[]): Promise<void> {
    if (this.#closed) throw new Error('the wire is closed')
    for (const chunk of pieces) this.#other?.arrive({ chunk })
  }

  close(): void {
    this.#finish(undefined, undefined)
  }

  abort(error: Error): void {
    this.#finish(error, new Error('the other side reset the wire'))
  }

  arrive(delivery: Delivery): void {
    this.#arrived.push(delivery)
    if (this.#handler !== undefined) queueMicrotask(() => this.#deliver())
  }

  #deliver(): void {
    const next = this.#arrived.shift()
    if (next === undefined || this.#closed) return
    if ('chunk' in next) {
      this.#handler?.onChunk(next.chunk)
      return
    }
    this.#closed = true
    this.#handler?.onClose(next.end)
  }

  #finish(ours: Error | undefined, theirs: Error | undefined): void {
    if (this.#closed) return
    this.#closed = true
    this.#other?.arrive({ end: theirs })
    this.#handler?.onClose(ours)
  }
}
