/**
 * Frames of `/rootlight/state/1` as a stranger might send, valid or invalid. Written from SPEC.md alone, sharing no
 * code with the protocol. Nothing here checks the values.
 */
import { RLP } from '@ethereumjs/rlp'
import { concatBytes } from '@noble/hashes/utils.js'

export const PROTOCOL = '/rootlight/state/1'
export const MAX_MESSAGE_BYTES = 262_144
export const MAX_REFS = 1_024
export const MAX_HASHES = 256
export const MAX_OPEN_REQUESTS = 16
export const MAX_RESPONSE_BYTES = 1_048_576

/** Arguments of `RLP.encode`: integers without leading zeros, bytes, lists. */
export type Item = number | Uint8Array | readonly Item[]

/** Returns an unsigned LEB128 varint. */
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

/** The Status of a peer serving nothing. */
export const STATUS = frame(0, 0, 1, 0, [], [MAX_RESPONSE_BYTES, MAX_REFS, MAX_HASHES, MAX_OPEN_REQUESTS])

/** Returns a request for the run at `root`, repeated `refs` times. */
export function getNodes(id: number, root: Uint8Array, maxBytes: number, refs = 1): Uint8Array {
  return frame(1, id, root, maxBytes, new Array(refs).fill([Uint8Array.of(0), root, 0]))
}

/** Returns a request for the header of one block, repeated `hashes` times. */
export function getHeader(id: number, hash: Uint8Array, maxBytes: number, hashes = 1): Uint8Array {
  return frame(7, id, maxBytes, new Array(hashes).fill(hash))
}

/** Returns an empty answer. */
export function nodes(id: number): Uint8Array {
  return frame(2, id, [])
}

/** Returns a header of yamux, the layer below the streams: https://github.com/hashicorp/yamux/blob/master/spec.md */
export function yamuxHeader(type: number, flags: number, stream: number, length: number): Uint8Array {
  const header = new Uint8Array(12)
  const view = new DataView(header.buffer)
  view.setUint8(1, type)
  view.setUint16(2, flags)
  view.setUint32(4, stream)
  view.setUint32(8, length)
  return header
}

/** Returns `count` copies of `bytes`, one after the other. */
export function repeated(bytes: Uint8Array, count: number): Uint8Array {
  const all = new Uint8Array(bytes.length * count)
  for (let i = 0; i < count; i++) all.set(bytes, i * bytes.length)
  return all
}

/**
 * Returns a function for the chunks of a stream. Calls `onMessage` after each complete message with its number, from 0
 * on.
 */
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

/** Returns a line of multistream-select: https://github.com/multiformats/multistream-select */
export function line(text: string): Uint8Array {
  return framed(new TextEncoder().encode(`${text}\n`))
}
