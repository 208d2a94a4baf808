/**
 * Frames of `/rootlight/state/1`, written from SPEC.md alone and shared with nobody: what a stranger would send, right or
 * wrong. Nothing here is checked.
 */
import { RLP } from '@ethereumjs/rlp'
import { concatBytes } from '@noble/hashes/utils.js'

export const PROTOCOL = '/rootlight/state/1'
export const MAX_MESSAGE_BYTES = 262_144
export const MAX_REFS = 1_024
export const MAX_HASHES = 256
export const MAX_OPEN_REQUESTS = 16
export const MAX_RESPONSE_BYTES = 1_048_576

/** What `RLP.encode` takes: integers without leading zeros, bytes, lists. */
export type Item = number | Uint8Array | readonly Item[]

/** An unsigned LEB128 varint. */
export function prefix(length: number): Uint8Array {
  const bytes: number[] = []
  let left = length
  for (; left > 0x7f; left = Math.floor(left / 128)) bytes.push(0x80 | (left % 128))
  return Uint8Array.of(...bytes, left)
}

export function framed(message: Uint8Array): Uint8Array {
  return concatBytes(prefix(message.length), message)
}

export function frame(...items: Item[]): Uint8Array {
  return framed(RLP.encode(items as Parameters<typeof RLP.encode>[0]))
}

/** That of a peer that only asks. */
export const STATUS = frame(0, 0, 1, 0, [], [MAX_RESPONSE_BYTES, MAX_REFS, MAX_HASHES, MAX_OPEN_REQUESTS])

/** Asks for the run at `root`, so many times. */
export function getNodes(id: number, root: Uint8Array, maxBytes: number, refs = 1): Uint8Array {
  return frame(1, id, root, maxBytes, new Array(refs).fill([Uint8Array.of(0), root, 0]))
}

/** Asks for the header of one block, so many times. */
export function getHeader(id: number, hash: Uint8Array, maxBytes: number, hashes = 1): Uint8Array {
  return frame(7, id, maxBytes, new Array(hashes).fill(hash))
}

/** An answer without anything. */
export function nodes(id: number): Uint8Array {
  return frame(2, id, [])
}

/** A header of yamux, which is below the streams: https://github.com/hashicorp/yamux/blob/master/spec.md */
export function yamuxHeader(type: number, flags: number, stream: number, length: number): Uint8Array {
  const header = new Uint8Array(12)
  const view = new DataView(header.buffer)
  view.setUint8(1, type)
  view.setUint16(2, flags)
  view.setUint32(4, stream)
  view.setUint32(8, length)
  return header
}

/** `count` of them, one behind the other. */
export function repeated(bytes: Uint8Array, count: number): Uint8Array {
  const all = new Uint8Array(bytes.length * count)
  for (let i = 0; i < count; i++) all.set(bytes, i * bytes.length)
  return all
}

/** Takes the chunks of a stream, and calls `onMessage` with the number of each message (the first is 0) when it is complete. */
export function messageCounter(onMessage: (index: number) => void): (chunk: Uint8Array) => void {
  let index = 0
  let length = 0
  let shift = 0
  let left = 0
  return (chunk) => {
    for (let at = 0; at < chunk.length; ) {
      if (left === 0) {
        const byte = chunk[at++]!
        length += (byte & 0x7f) * 2 ** shift
        shift += 7
        if (byte >= 0x80) continue
        left = length
        length = 0
        shift = 0
        continue
      }
      const taken = Math.min(left, chunk.length - at)
      left -= taken
      at += taken
      if (left === 0) onMessage(index++)
    }
  }
}

/** A line of multistream-select: https://github.com/multiformats/multistream-select */
export function line(text: string): Uint8Array {
  return framed(new TextEncoder().encode(`${text}\n`))
}
