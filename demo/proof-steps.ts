/** A Merkle proof in steps for people to follow: each node on the way to the key, and the child it leads to. Pure. */
import { keccak_256 } from '@noble/hashes/sha3.js'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { decodeNode, type Node } from '../src/trie/node.ts'
import { nibbleAt, type Path } from '../src/trie/path.ts'

export interface ProofStep {
  readonly kind: Node['kind']
  /** Hash of the node, `0x` and 64 hex digits, as named in the step before. */
  readonly hash: string
  readonly bytes: number
  /** The continuation of the way, in words. */
  readonly text: string
  /** RLP, `0x` and hex digits. */
  readonly node: string
}

/**
 * Returns the steps of `nodes`, from the root down to the key of `preimage` (an address or a slot, `0x` and hex
 * digits).
 */
export function proofSteps(preimage: string, nodes: readonly string[]): ProofStep[] {
  const key = keyOf(preimage)
  let depth = 0
  return nodes.map((node) => {
    const blob = hexToBytes(node.slice(2))
    const decoded = decodeNode(blob, depth)
    const step = { kind: decoded.kind, hash: `0x${bytesToHex(keccak_256(blob))}`, bytes: blob.length, node }
    const text = textOf(decoded, key, depth)
    depth += lengthOf(decoded)
    return { ...step, text }
  })
}

/** Returns the nibbles of the way: keccak-256 of the address, or of the slot. */
export function keyOf(preimage: string): Path {
  return bytesToHex(keccak_256(hexToBytes(preimage.slice(2)))) as Path
}

function textOf(node: Node, key: Path, depth: number): string {
  switch (node.kind) {
    case 'branch': {
      const child = node.children[nibbleAt(key, depth)]
      const nibble = key[depth]
      if (child === null || child === undefined) return `has nothing at ${nibble}: proven absent`
      return `goes on at ${nibble}`
    }
    case 'extension':
      return key.startsWith(node.key, depth)
        ? `goes on along ${node.key}`
        : `goes along ${node.key}, another way: proven absent`
    case 'leaf':
      return key.startsWith(node.key, depth)
        ? 'holds the value: the rest of the way is its own'
        : 'holds the value of another key: proven absent'
  }
}

/** Returns the number of nibbles the node takes from the way. */
function lengthOf(node: Node): number {
  return node.kind === 'branch' ? 1 : node.key.length
}
