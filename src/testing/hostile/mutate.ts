/** Random changes of bytes for the fuzzers. */
import type { Random } from '../random.ts'

/**
 * Returns a copy of `bytes` with one to four changes: a bit, a byte, an insertion, a deletion, a repetition, a false
 * length.
 */
export function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  let changed = bytes
  for (let changes = 1 + random.int(4); changes > 0; changes--)
    changed = CHANGES[random.int(CHANGES.length)]!(changed, random)
  return changed
}

type Change = (bytes: Uint8Array, random: Random) => Uint8Array

const CHANGES: readonly Change[] = [
  (bytes, random) => withByte(bytes, random, (byte) => byte ^ (1 << random.int(8))),
  (bytes, random) => withByte(bytes, random, () => random.int(256)),
  // A header with a false length.
  (bytes, random) =>
    withByte(bytes, random, () => random.pick([0, 0x7f, 0x80, 0xb7, 0xb8, 0xbf, 0xc0, 0xf7, 0xf8, 0xff])),
  (bytes, random) => spliced(bytes, random.int(bytes.length + 1), 0, random.bytes(1 + random.int(8))),
  (bytes, random) => spliced(bytes, random.int(bytes.length + 1), 1 + random.int(8), NOTHING),
  (bytes, random) => {
    const at = random.int(bytes.length + 1)
    return spliced(bytes, at, 0, bytes.subarray(Math.max(0, at - 1 - random.int(64)), at))
  },
]

const NOTHING = new Uint8Array()

function withByte(bytes: Uint8Array, random: Random, change: (byte: number) => number): Uint8Array {
  if (bytes.length === 0) return bytes
  const copy = bytes.slice()
  const at = random.int(bytes.length)
  copy[at] = change(copy[at]!)
  return copy
}

function spliced(bytes: Uint8Array, at: number, removed: number, inserted: Uint8Array): Uint8Array {
  const rest = bytes.subarray(Math.min(bytes.length, at + removed))
  const copy = new Uint8Array(at + inserted.length + rest.length)
  copy.set(bytes.subarray(0, at))
  copy.set(inserted, at)
  copy.set(rest, at + inserted.length)
  return copy
}
