/** Checks a way (the nodes from a ref down along a key): each node against the hash named by the node before. */
import { equalHash, type Keccak } from './keccak.ts'
import type { Ref } from './node-source.ts'
import type { Path } from './path.ts'
import { rlpItemEnd } from './rlp.ts'
import { stepDown } from './step-down.ts'

/** A checked node. The receiver owns the bytes. */
export interface WayNode extends Ref {
  readonly blob: Uint8Array
}

export interface CheckedWay {
  /** The true nodes, from the ref down. A way may be cut off: a short way is no lie. */
  readonly nodes: readonly WayNode[]
  /** The reason for refusing the rest; `null`: nothing was refused. */
  readonly lie: 'wrongHash' | 'malformed' | 'tooMuch' | null
}

/** Checks the concatenated nodes `way`. `key` is 64 nibbles, or 128 for a slot, and begins with the path of the ref. */
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
      // The right hash and an impossible form: the root is bad. The next walk down this way reports `badRoot`.
      return { nodes, lie: null }
    }
    at = end
  }
  return { nodes, lie: null }
}
