/** Compares what a sequence holds with what the oracle has, without making text or copies of it: it is done very often. */
import { nibbleAt, type Path } from '../../trie/path.ts'
import type { SequenceCursor } from '../../trie/sequence.ts'

/** A node and where it stands. */
export interface PlacedNode {
  readonly path: Path
  readonly blob: Uint8Array
}

/** True if the entry at the cursor is `node`: its path, and its bytes. */
export function isSameNode(cursor: SequenceCursor, { path, blob }: PlacedNode): boolean {
  const { nibbles, pathLength, bytes, start, end } = cursor
  if (pathLength !== path.length || end - start !== blob.length) return false
  for (let i = pathLength - 1; i >= 0; i--) if (nibbles[i] !== nibbleAt(path, i)) return false
  for (let i = 0; i < blob.length; i++) if (bytes[start + i] !== blob[i]) return false
  return true
}
