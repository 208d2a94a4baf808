/**
 * Reads the headers of yamux frames as they come, and nothing else. libp2p's yamux collects a frame of up to 4 GB before it
 * looks at the window that it granted, and answers each ping and each stream that it refuses, also of a peer that does not
 * read the answers; and each frame costs it some time, also one that carries nothing. This one says no to a frame that no window
 * can have allowed, to what is no frame, and to what nobody needs so often.
 * https://github.com/hashicorp/yamux/blob/master/spec.md
 */

import { Gcra, type Rate } from '../../protocol/gcra.ts'
import type { Clock } from '../../runtime/clock.ts'

const HEADER_BYTES = 12
/** Where the version of a frame stands, its type, the last byte of its flags, and its length. */
const VERSION_AT = 0
const TYPE_AT = 1
const FLAGS_AT = 3
const LENGTH_AT = 8
const VERSION = 0
const DATA = 0
const PING = 2
const GO_AWAY = 3
/** A stream that begins. */
const SYN = 1

export interface YamuxLimits {
  /** Bytes of data in a frame. */
  readonly maxFrameBytes: number
  /** Frames with less data than that, and those without any, are counted. */
  readonly smallFrameBytes: number
  readonly smallFrames: Rate
  /** Streams that the peer opens. */
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
  /** Bytes of the header that has begun, and what is known of it. */
  #headerBytes = 0
  #version = 0
  #type = 0
  #flags = 0
  #length = 0
  /** Of the data that follows a header. */
  #left = 0

  /** `accountOfHost`: what all connections of the host have sent of small frames. */
  constructor(limits: YamuxLimits, clock: Clock, accountOfHost?: () => Gcra | undefined) {
    const { maxFrameBytes, smallFrameBytes, smallFrames, streams, pings } = limits
    this.#maxFrameBytes = maxFrameBytes
    this.#smallFrameBytes = smallFrameBytes
    this.#smallFrames = new Gcra(smallFrames, clock)
    this.#accountOfHost = accountOfHost
    this.#streams = new Gcra(streams, clock)
    this.#pings = new Gcra(pings, clock)
  }

  /** Takes the next bytes of the connection. False: they pass a limit, and the meter is of no further use. */
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

  /** Takes a byte of a header; true if it was the last one. */
  #endsHeader(byte: number): boolean {
    const at = this.#headerBytes++
    if (at === VERSION_AT) this.#version = byte
    else if (at === TYPE_AT) this.#type = byte
    else if (at === FLAGS_AT) this.#flags = byte
    else if (at >= LENGTH_AT) this.#length = this.#length * 256 + byte
    return this.#headerBytes === HEADER_BYTES
  }

  #acceptsFrame(): boolean {
    // The length of other frames is a number of something else, and no bytes follow.
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
