/**
 * Reads the headers of yamux frames, and refuses frames that are
 *
 * - too large for any granted window,
 * - no valid frames,
 * - sent more often than any honest peer needs.
 *
 * libp2p's yamux collects a frame of up to 4 GB before it looks at the window. It answers each ping and each refused
 * stream, even if the peer never reads the answers. And each frame costs time, also without data.
 * https://github.com/hashicorp/yamux/blob/master/spec.md
 */

import { Gcra, type Rate } from '../../protocol/gcra.ts'
import type { Clock } from '../../runtime/clock.ts'

const HEADER_BYTES = 12
/** Positions in a header: the version, the type, the last byte of the flags, and the length. */
const VERSION_AT = 0
const TYPE_AT = 1
const FLAGS_AT = 3
const LENGTH_AT = 8
const VERSION = 0
const DATA = 0
const PING = 2
const GO_AWAY = 3
/** The flag of a new stream. */
const SYN = 1

export interface YamuxLimits {
  /** The most bytes of data in a frame. */
  readonly maxFrameBytes: number
  /** The size below which frames are counted, frames without data included. */
  readonly smallFrameBytes: number
  readonly smallFrames: Rate
  /** The rate of streams opened by the peer. */
  readonly streams: Rate
  readonly pings: Rate
}

export class YamuxMeter {
  readonly #maxFrameBytes: number
  readonly #smallFrameBytes: number
  readonly #smallFrames: Gcra
  readonly #accountOfHost: (() => Gcra | undefined) | undefined
  readonly #streams: Gcra
  readonly #pings: Gcra
  /** The bytes of the current header read so far, and their contents. */
  #headerBytes = 0
  #version = 0
  #type = 0
  #flags = 0
  #length = 0
  /** The bytes left of the data after a header. */
  #left = 0

  /** `accountOfHost` returns the account of small frames for all connections of the host. */
  constructor(limits: YamuxLimits, clock: Clock, accountOfHost?: () => Gcra | undefined) {
    const { maxFrameBytes, smallFrameBytes, smallFrames, streams, pings } = limits
    this.#maxFrameBytes = maxFrameBytes
    this.#smallFrameBytes = smallFrameBytes
    this.#smallFrames = new Gcra(smallFrames, clock)
    this.#accountOfHost = accountOfHost
    this.#streams = new Gcra(streams, clock)
    this.#pings = new Gcra(pings, clock)
  }

  /**
   * Reads the next bytes of the connection. Returns false if a limit was passed; the meter is then of no further use.
   */
  accepts(bytes: Uint8Array): boolean {
    for (let at = 0; at < bytes.length; ) {
      if (this.#left > 0) {
        const skipped = Math.min(this.#left, bytes.length - at)
        this.#left -= skipped
        at += skipped
      } else if (this.#endsHeader(bytes[at++]!) && !this.#acceptsFrame()) return false
    }
    return true
  }

  /** Reads a byte of a header. Returns true for the last byte. */
  #endsHeader(byte: number): boolean {
    const at = this.#headerBytes++
    if (at === VERSION_AT) this.#version = byte
    else if (at === TYPE_AT) this.#type = byte
    else if (at === FLAGS_AT) this.#flags = byte
    else if (at >= LENGTH_AT) this.#length = this.#length * 256 + byte
    return this.#headerBytes === HEADER_BYTES
  }

  #acceptsFrame(): boolean {
    // In other frames, the length field is a number of another kind, and no data follows.
    this.#left = this.#type === DATA ? this.#length : 0
    this.#headerBytes = 0
    this.#length = 0
    if (this.#version !== VERSION || this.#type > GO_AWAY || this.#left > this.#maxFrameBytes) return false
    if (this.#left < this.#smallFrameBytes && !this.#acceptsSmall()) return false
    if (this.#type === PING) return this.#pings.accepts(1)
    return (this.#flags & SYN) === 0 || this.#streams.accepts(1)
  }

  #acceptsSmall(): boolean {
    return this.#smallFrames.accepts(1) && this.#accountOfHost?.()?.accepts(1) !== false
  }
}
