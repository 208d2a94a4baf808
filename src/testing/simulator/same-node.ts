/** Compares nodes of a sequence with the oracle's, without text or copies, because checks compare very often. */
import { nibbleAt, type Path } from '../../trie/path.ts'
import type { SequenceCursor } from '../../trie/sequence.ts'

/** A node and its path. */
export interface PlacedNode {
  readonly path: Path
  readonly blob: Uint8Array
}

/** Returns true if the entry at the cursor has the path and the bytes of `node`. */
export function isSameNode(cursor: SequenceCursor, { path, blob }: PlacedNode): boolean {
  const { nibbles, pathLength, bytes, start, end } = cursor
  if (pathLength !== path.length || end - start !== blob.length) return false
  for (let i = pathLength - 1; i >= 0; i--) if (nibbles[i] !== nibbleAt(path, i)) return false
  for (let i = 0; i < blob.length; i++) if (bytes[start + i] !== blob[i]) return false
  return true
}
