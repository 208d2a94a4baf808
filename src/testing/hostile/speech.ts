/** What a stranger says on a stream: no attack, only anything. */
import type { Stream } from '@libp2p/interface'
import { concatBytes } from '@noble/hashes/utils.js'
import type { Random } from '../random.ts'
import { send } from './hostile-client.ts'
import { mutate } from './mutate.ts'
import { frame, framed, getHeader, getNodes, nodes, STATUS } from './wire-bytes.ts'

/** A Status most of the time, then some messages, of which any may be bent; they ask for the state at `root`. */
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
  const said = [random() < 0.9 ? STATUS : random.bytes(random.int(20))]
  for (let left = 1 + random.int(4); left > 0; left--) {
    const honest = random.pick(messages)
    const kind = random.int(4)
    if (kind === 0) said.push(honest)
    else if (kind === 1) said.push(mutate(honest, random))
    // The length fits what was bent, so that the decoder sees it.
    else if (kind === 2) said.push(framed(mutate(honest.subarray(honest.length > 128 ? 2 : 1), random)))
    else said.push(random.bytes(random.int(64)))
  }
  return concatBytes(...said)
}

/** Sends `bytes` in pieces of random sizes, and ends its side. */
export function say(stream: Stream, bytes: Uint8Array, random: Random): void {
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + random.int(bytes.length)
    send(stream, bytes.subarray(at, end))
    at = end
  }
  stream.close().catch(() => {})
}
