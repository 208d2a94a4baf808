/** A Merkle proof in steps that a person can follow: which node leads where, on the way to which key. Pure. */
import { keccak_256 } from '@noble/hashes/sha3.js'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { decodeNode, type Node } from '../src/trie/node.ts'
import { nibbleAt, type Path } from '../src/trie/path.ts'

export interface ProofStep {
  readonly kind: Node['kind']
  /** Of the node, `0x` and 64 hex digits: what the step before names. */
  readonly hash: string
  readonly bytes: number
  /** Where it leads. */
  readonly text: string
  /** RLP, `0x` and hex digits. */
  readonly node: string
}

/** The steps of `nodes`, from the root down, to the key of `preimage` (an address, or a slot, as `0x` and hex digits). */
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

/** The nibbles of the way: keccak-256 of the address, or of the slot. */
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

/** Nibbles of the way that are behind it. */
function lengthOf(node: Node): number {
  return node.kind === 'branch' ? 1 : node.key.length
}
