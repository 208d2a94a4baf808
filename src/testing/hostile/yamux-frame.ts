/** Random yamux frames for the fuzzers. */
import { concatBytes } from '@noble/hashes/utils.js'
import type { Random } from '../random.ts'
import { yamuxHeader } from './wire-bytes.ts'

/**
 * Returns a random frame. Most frames are valid, or nearly: an invalid one ends the connection, and hides later faults.
 */
export function yamuxFrame(random: Random, stream: number): Uint8Array {
  const flags = random.int(16)
  const data = random.bytes(random.int(300))
  if (random() < 0.5) return concatBytes(yamuxHeader(0, flags, stream, data.length), data)
  if (random() < 0.8) return yamuxHeader(1, flags, stream, random.pick([0, random.int(300), 2 ** random.int(32)]))
  if (random() < 0.5) return yamuxHeader(2, 1, 0, random.int(2 ** 31))
  const anything = yamuxHeader(random.int(5), flags, random.pick([0, 1, 2, stream]), 2 ** random.int(32))
  return concatBytes(anything, data)
}
