/**
 * A connection in the simulation: two wires tied to each other, with a round trip, a bandwidth in each direction, and
 * chance. Frames of one direction keep their order. A cut connection loses the frames under way.
 */

import type { Wire, WireHandler } from '../../protocol/wire.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Random } from '../random.ts'

/** The properties of a line. */
export interface LineQuality {
  readonly roundTripMs: number
  /** Maximum random delay of each frame. */
  readonly jitterMs: number
  /** Bandwidth from the server to the tab. The way back has the same bandwidth. */
  readonly bytesPerMs: number
  /** Maximum time until the server takes up a request. Later requests may overtake this one. */
  readonly serviceMs: number
}

export interface LinkOptions extends LineQuality {
  readonly clock: Clock
  readonly random: Random
  /** Called when a frame has reached the tab. */
  readonly onArrival?: (bytes: number) => void
}

/** Bytes a transport buffers before the sender has to wait. */
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

  /** Bytes sent by the server and not yet received by the tab. */
  get bytesToTab(): number {
    return this.server.bytesOnTheirWay
  }

  /** Makes the network fail: both sides notice at once. */
  cut(): void {
    this.tab.abort(new Error('the connection was lost'))
    this.server.abort(new Error('the connection was lost'))
  }

  /** Holds every frame sent from now on back for at least `ms`. */
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
  /** Frames arrived before `open`. */
  #early: (() => void)[] = []
  #closed = false
  /** Time when the line has taken all frames sent so far, and time of the last arrival in order. */
  #freeAt = 0
  #lastArrival = 0

  /** Every frame except the first is delayed by up to `overtakingMs`, and the frames may overtake each other. */
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

  /**
   * Sends one frame. `onDelivered` runs right before the other side receives the frame, and never if the frame is lost.
   */
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

  /**
   * Ends the process at this end. This end hears nothing more, and the other end learns of the reset from the network.
   */
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
    // An orderly end arrives behind all frames sent. A reset overtakes the frames, and the other side drops later ones.
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
