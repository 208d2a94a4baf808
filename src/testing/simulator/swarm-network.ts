/**
 * The network of a swarm: each machine has one uplink and one downlink, shared by all connections of the machine. An
 * uplink sends pieces of all connections in turn, as TCP connections started together share a line. A downlink receives
 * in the order of arrival. The network loses nothing, and reorders nothing.
 */

import type { Wire, WireHandler } from '../../protocol/wire.ts'
import type { Clock } from '../../runtime/clock.ts'

export interface AccessOptions {
  readonly clock: Clock
  readonly upBytesPerMs: number
  readonly downBytesPerMs: number
}

/** Bytes a connection sends in one turn. */
const TURN_BYTES = 16 * 1024
/** Bytes a transport buffers before the sender has to wait. */
const SEND_BUFFER_BYTES = 256 * 1024

/** One machine's access to the network. */
export class Access {
  /** Bytes sent by the uplink. */
  bytesSent = 0
  readonly #options: AccessOptions
  /** Connections with bytes to send, the next one first. */
  readonly #waiting: WireEnd[] = []
  #isSending = false
  #downFreeAt = 0

  constructor(options: AccessOptions) {
    this.#options = options
  }

  get clock(): Clock {
    return this.#options.clock
  }

  /** Queues `end`, which has bytes to send and is not queued yet. */
  enqueue(end: WireEnd): void {
    this.#waiting.push(end)
    if (!this.#isSending) this.#sendNext()
  }

  /** Takes bytes in at the downlink, and calls `deliver` when all have passed. */
  receive(bytes: number, deliver: () => void): void {
    const { clock, downBytesPerMs } = this.#options
    const now = clock.now()
    this.#downFreeAt = Math.max(this.#downFreeAt, now) + bytes / downBytesPerMs
    clock.after(this.#downFreeAt - now, deliver)
  }

  #sendNext(): void {
    const end = this.#waiting.shift()
    this.#isSending = end !== undefined
    if (end === undefined) return
    const turn = end.take(TURN_BYTES)
    if (end.hasMore) this.#waiting.push(end)
    const { clock, upBytesPerMs } = this.#options
    clock.after(turn.bytes / upBytesPerMs, () => {
      this.bytesSent += turn.bytes
      end.depart(turn)
      this.#sendNext()
    })
  }
}

/** The bytes a connection sends in one turn. */
interface Turn {
  readonly pieces: readonly Uint8Array[]
  readonly bytes: number
  readonly isLast: boolean
}

/** Bytes on the wire for the end of a connection. */
const END_BYTES = 1

/** Connects two machines, and returns both ends. */
export function connect(near: Access, far: Access, roundTripMs: number): readonly [WireEnd, WireEnd] {
  const ends = [new WireEnd(near, roundTripMs / 2), new WireEnd(far, roundTripMs / 2)] as const
  ends[0].tie(ends[1])
  ends[1].tie(ends[0])
  return ends
}

/** One end of a connection. */
export class WireEnd implements Wire {
  readonly #access: Access
  readonly #latencyMs: number
  #other: WireEnd | undefined
  #handler: WireHandler | undefined
  /** Turns received before `open`. */
  #early: Turn[] = []
  /** Bytes still to send, and whether the end of the connection is queued behind these bytes. */
  #queue: Uint8Array[] = []
  #queuedBytes = 0
  #isEndQueued = false
  #waitsForTurn = false
  #isClosed = false
  /** Senders waiting for room in the buffer. */
  #blocked: (() => void)[] = []

  constructor(access: Access, latencyMs: number) {
    this.#access = access
    this.#latencyMs = latencyMs
  }

  tie(other: WireEnd): void {
    this.#other = other
  }

  /** True if bytes, or the end of the connection, are left to take. */
  get hasMore(): boolean {
    return this.#queue.length > 0 || this.#isEndQueued
  }

  open(handler: WireHandler): void {
    this.#handler = handler
    for (const turn of this.#early) queueMicrotask(() => this.#arrive(turn))
    this.#early = []
  }

  async send(pieces: readonly Uint8Array[]): Promise<void> {
    if (this.#isClosed) throw new Error('the wire is closed')
    this.#queue.push(...pieces)
    for (const { length } of pieces) this.#queuedBytes += length
    this.#enqueue()
    while (this.#queuedBytes > SEND_BUFFER_BYTES) {
      await new Promise<void>((resolve) => this.#blocked.push(resolve))
      if (this.#isClosed) throw new Error('the wire is closed')
    }
  }

  /** Closes the connection. Queued bytes still leave, and the end of the connection behind them. */
  close(): void {
    this.#finish(undefined)
  }

  /** Resets the connection. Drops all queued bytes. */
  abort(error: Error): void {
    if (!this.#isClosed) this.#drop()
    this.#finish(error)
  }

  /** Ends the process at this end. */
  die(): void {
    this.#handler = undefined
    this.abort(new Error('the process has died'))
  }

  /** Takes up to `maxBytes` out of the queue. */
  take(maxBytes: number): Turn {
    const pieces: Uint8Array[] = []
    let bytes = 0
    while (bytes < maxBytes && this.#queue.length > 0) {
      const piece = this.#queue[0]!
      const part = piece.subarray(0, maxBytes - bytes)
      if (part.length === piece.length) this.#queue.shift()
      else this.#queue[0] = piece.subarray(part.length)
      pieces.push(part)
      bytes += part.length
    }
    this.#queuedBytes -= bytes
    const isLast = this.#isEndQueued && this.#queue.length === 0
    if (isLast) this.#isEndQueued = false
    this.#waitsForTurn = this.hasMore
    for (const resume of this.#blocked.splice(0)) resume()
    return { pieces, bytes: isLast ? bytes + END_BYTES : bytes, isLast }
  }

  /** Passes `turn`, sent by the uplink, on to the other end. */
  depart(turn: Turn): void {
    this.#access.clock.after(this.#latencyMs, () => {
      const other = this.#other!
      other.#access.receive(turn.bytes, () => other.#arrive(turn))
    })
  }

  #arrive(turn: Turn): void {
    if (this.#isClosed) return
    if (this.#handler === undefined) {
      this.#early.push(turn)
      return
    }
    for (const piece of turn.pieces) if (!this.#isClosed) this.#handler.onChunk(piece)
    if (!turn.isLast || this.#isClosed) return
    this.#drop()
    this.#end()
  }

  #finish(error: Error | undefined): void {
    if (this.#isClosed) return
    this.#isEndQueued = true
    this.#enqueue()
    this.#end(error)
  }

  #enqueue(): void {
    if (this.#waitsForTurn) return
    this.#waitsForTurn = true
    this.#access.enqueue(this)
  }

  #drop(): void {
    this.#queue = []
    this.#queuedBytes = 0
  }

  #end(error?: Error): void {
    this.#isClosed = true
    for (const resume of this.#blocked.splice(0)) resume()
    this.#handler?.onClose(error)
  }
}
