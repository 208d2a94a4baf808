/** Random messages of a stranger on a stream, without an attack. */
import type { Stream } from '@libp2p/interface'
import { concatBytes } from '@noble/hashes/utils.js'
import type { Random } from '../random.ts'
import { send } from './hostile-client.ts'
import { mutate } from './mutate.ts'
import {
  frame,
  framed,
  getHeader,
  getNodes,
  MAX_HASHES,
  MAX_OPEN_REQUESTS,
  MAX_REFS,
  MAX_RESPONSE_BYTES,
  nodes,
  STATUS,
} from './wire-bytes.ts'

/**
 * Returns random messages asking for the state at `root`. In most cases a Status comes first. Any message may be bent.
 */
export function speech(root: Uint8Array, random: Random): Uint8Array {
  const messages = [
    getNodes(1, root, 5_000, 3),
    frame(3, 2, root, 5_000, [[Uint8Array.of(0), root, root]]),
    frame(5, 3, 5_000, [root, root]),
    getHeader(6, root, 5_000, 2),
    nodes(4),
    STATUS,
    frame(0, 0, 1, 1, [[root, 7, [[Uint8Array.of(0), Uint8Array.of(0x20)]]]], [1, 1, 1, 1]),
  ]
  return concatBytes(random() < 0.9 ? STATUS : random.bytes(random.int(20)), anyOf(messages, random))
}

/**
 * Returns random messages for a peer wanting the state at `root`: a Status with this root, then answers. Any may be
 * bent.
 */
export function answers(root: Uint8Array, random: Random): Uint8Array {
  const offer = frame(0, 0, 1, 1, [[root, 7, []]], [MAX_RESPONSE_BYTES, MAX_REFS, MAX_HASHES, MAX_OPEN_REQUESTS])
  const id = 1 + random.int(4)
  const messages = [
    nodes(id),
    frame(2, id, [random.bytes(random.int(600)), random.bytes(random.int(100))]),
    frame(2, id, [new Uint8Array(), root]),
    frame(4, id, [random.bytes(random.int(600))]),
    frame(6, id, [random.bytes(random.int(600))]),
    frame(8, id, [random.bytes(random.int(600))]),
    offer,
    getNodes(id, root, 5_000),
  ]
  const first = random() < 0.7 ? offer : random() < 0.8 ? mutate(offer, random) : random.bytes(random.int(20))
  return concatBytes(first, anyOf(messages, random))
}

/** Returns one to four of `messages`: true, bent, bent with a correct length, or replaced by random bytes. */
function anyOf(messages: readonly Uint8Array[], random: Random): Uint8Array {
  const said: Uint8Array[] = []
  for (let left = 1 + random.int(4); left > 0; left--) {
    const honest = random.pick(messages)
    const kind = random.int(4)
    if (kind === 0) said.push(honest)
    else if (kind === 1) said.push(mutate(honest, random))
    // The length fits the bent message, so that the message reaches the decoder.
    else if (kind === 2) said.push(framed(mutate(honest.subarray(honest.length > 128 ? 2 : 1), random)))
    else said.push(random.bytes(random.int(64)))
  }
  return concatBytes(...said)
}

/** Sends `bytes` in pieces of random sizes, then closes this side of the stream. */
export function say(stream: Stream, bytes: Uint8Array, random: Random): void {
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + random.int(bytes.length)
    send(stream, bytes.subarray(at, end))
    at = end
  }
  stream.close().catch(() => {})
}
