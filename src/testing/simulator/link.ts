/**
 * A connection in the simulation: two wires that are tied to each other, with a round trip, a bandwidth in each direction
 * and chance. Frames of one direction keep their order; a connection that is cut loses what is on its way.
 */
import type { Clock } from '../../protocol/clock.ts'
import type { Wire, WireHandler } from '../../protocol/wire.ts'
import type { Random } from '../random.ts'

/** What a line is like. */
export interface LineQuality {
  readonly roundTripMs: number
  /** At most so much is added to each frame's way. */
  readonly jitterMs: number
  /** From the server to the tab; the way back has the same. */
  readonly bytesPerMs: number
  /** At most so long the server takes to look at a request: later ones overtake it. */
  readonly serviceMs: number
}

export interface LinkOptions extends LineQuality {
  readonly clock: Clock
  readonly random: Random
  /** A frame has reached the tab. */
  readonly onArrival?: (bytes: number) => void
}

/** What a transport takes before it makes its sender wait. */
const SEND_BUFFER_BYTES = 256 * 1024

/** Both ends of a connection. */
export class Link {
  readonly tab: LinkEnd
  readonly server: LinkEnd

  constructor(options: LinkOptions) {
    this.tab = new LinkEnd(options, options.serviceMs)
    this.server = new LinkEnd(options, 0)
    this.tab.tie(this.server)
    this.server.tie(this.tab, options.onArrival)
  }

  /** Bytes that the server sent and the tab has not received. */
  get bytesToTab(): number {
    return this.server.bytesOnTheirWay
  }

  /** The network fails: both sides learn it at once. */
  cut(): void {
    this.tab.abort(new Error('the connection was lost'))
    this.server.abort(new Error('the connection was lost'))
  }

  /** Nothing that is sent from now on leaves before `ms` have passed. */
  pause(ms: number): void {
    this.server.pause(ms)
  }
}

/** One end of a {@link Link}. */
export class LinkEnd implements Wire {
  bytesOnTheirWay = 0
  readonly #options: LinkOptions
  readonly #overtakingMs: number
  #isFirst = true
  #other: LinkEnd | undefined
  #onArrival: ((bytes: number) => void) | undefined
  #handler: WireHandler | undefined
  /** What came before anybody listened. */
  #early: (() => void)[] = []
  #closed = false
  /** When the line has taken everything that was sent, and when the last of it arrives. */
  #freeAt = 0
  #lastArrival = 0

  /** What is sent, but for the first frame, is looked at within `overtakingMs`, in any order. */
  constructor(options: LinkOptions, overtakingMs: number) {
    this.#options = options
    this.#overtakingMs = overtakingMs
  }

  tie(other: LinkEnd, onArrival?: (bytes: number) => void): void {
    this.#other = other
    this.#onArrival = onArrival
  }

  get isClosed(): boolean {
    return this.#closed
  }

  open(handler: WireHandler): void {
    this.#handler = handler
    for (const deliver of this.#early) queueMicrotask(deliver)
    this.#early = []
  }

  /** `onDelivered` is called right before the other side is given the frame, if it ever is. */
  async send(pieces: readonly Uint8Array[], onDelivered?: () => void): Promise<void> {
    if (this.#closed) throw new Error('the wire is closed')
    const { clock, bytesPerMs } = this.#options
    const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0)
    this.bytesOnTheirWay += bytes
    this.#freeAt = Math.max(this.#freeAt, clock.now()) + bytes / bytesPerMs
    const overtakingMs = this.#isFirst ? 0 : this.#overtakingMs * this.#options.random()
    this.#isFirst = false
    this.#later(this.#freeAt + overtakingMs, overtakingMs === 0, () => {
      this.bytesOnTheirWay -= bytes
      this.#other?.receive(() => {
        onDelivered?.()
        this.#onArrival?.(bytes)
        for (const piece of pieces) this.#other?.take(piece)
      })
    })
    const backlogMs = this.#freeAt - clock.now() - SEND_BUFFER_BYTES / bytesPerMs
    if (backlogMs <= 0) return
    await new Promise<void>((resolve) => clock.after(backlogMs, resolve))
    if (this.#closed) throw new Error('the wire is closed')
  }

  close(): void {
    this.#finish(undefined, undefined)
  }

  abort(error: Error): void {
    this.#finish(error, new Error('the other side reset the wire'))
  }

  /** The process at this end is gone: it is told nothing any more, and the other side learns it from the network. */
  die(): void {
    this.#handler = undefined
    this.abort(new Error('the process has died'))
  }

  pause(ms: number): void {
    this.#freeAt = Math.max(this.#freeAt, this.#options.clock.now()) + ms
  }

  receive(deliver: () => void): void {
    if (this.#closed) return
    if (this.#handler === undefined) this.#early.push(deliver)
    else deliver()
  }

  take(chunk: Uint8Array): void {
    if (!this.#closed) this.#handler?.onChunk(chunk)
  }

  end(error: Error | undefined): void {
    this.receive(() => {
      this.#closed = true
      this.#handler?.onClose(error)
    })
  }

  #finish(ours: Error | undefined, theirs: Error | undefined): void {
    if (this.#closed) return
    this.#closed = true
    // An orderly end stands behind what was sent; a reset overtakes it, and the other side takes nothing after it.
    this.#later(theirs === undefined ? this.#freeAt : 0, theirs === undefined, () => this.#other?.end(theirs))
    this.#handler?.onClose(ours)
  }

  #later(leavesAt: number, keepsOrder: boolean, arrive: () => void): void {
    const { clock, random, roundTripMs, jitterMs } = this.#options
    const arrival = Math.max(leavesAt, clock.now()) + roundTripMs / 2 + jitterMs * random()
    if (keepsOrder) this.#lastArrival = Math.max(this.#lastArrival, arrival)
    clock.after((keepsOrder ? this.#lastArrival : arrival) - clock.now(), arrive)
  }
}
