/** Checks a way, the nodes from a ref down along a key, as a peer answers it: each node against the hash that the one before names. */
import { equalHash, type Keccak } from './keccak.ts'
import type { Ref } from './node-source.ts'
import type { Path } from './path.ts'
import { rlpItemEnd } from './rlp.ts'
import { stepDown } from './step-down.ts'

/** A node that was checked. The receiver owns the bytes. */
export interface WayNode extends Ref {
  readonly blob: Uint8Array
}

export interface CheckedWay {
  /** What of it is true, from the ref down. A way that is cut off is shorter than it could be, and no lie. */
  readonly nodes: readonly WayNode[]
  /** Why the rest was refused. */
  readonly lie: 'wrongHash' | 'malformed' | 'tooMuch' | null
}

/** `key` is 64 nibbles, or 128 of a slot, and begins with the ref's path; `way` is concatenated nodes. */
export function checkWay(ref: Ref, key: Path, way: Uint8Array, keccak: Keccak): CheckedWay {
  const nodes: WayNode[] = []
  let next: Ref | null = ref
  let at = 0
  while (at < way.length) {
    if (next === null) return { nodes, lie: 'tooMuch' }
    const end = rlpItemEnd(way, at, way.length)
    if (end < 0) return { nodes, lie: 'malformed' }
    const blob = way.slice(at, end)
    if (!equalHash(keccak.digest(blob), next.hash)) return { nodes, lie: 'wrongHash' }
    nodes.push({ ...next, blob })
    try {
      next = stepDown(next.path, blob, key)
    } catch {
      // The right hash and an impossible form: the root is bad, which whoever walks down this way will say.
      return { nodes, lie: null }
    }
    at = end
  }
  return { nodes, lie: null }
}
