/** Checks a proof passed in by the application. Checked nodes are as trustworthy as nodes from peers. */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import type { WayNode } from '../trie/check-way.ts'
import type { Keccak } from '../trie/keccak.ts'
import { InputError } from './errors.ts'
import type { ProofInput } from './input.ts'
import { keyOfAddress, keyOfSlot } from './keys.ts'
import { StateReader } from './state-reader.ts'

const NODE = /^0x(?:[0-9a-fA-F]{2})+$/

/**
 * Returns the nodes of `proof` proving its account and slots under `root` (32 bytes). Claims beside the nodes are
 * ignored. Throws `badProof` if the nodes do not prove all of them; `badAddress` or `badSlot` for an invalid address or
 * slot.
 */
export async function checkProof(root: Uint8Array, proof: ProofInput, keccak: Keccak): Promise<readonly WayNode[]> {
  const { address, accountProof, storageProof = [] } = proof
  const key = keyOfAddress(address)
  const slotKeys = storageProof.map((slot) => keyOfSlot(slot.key))
  const blobs = new Map<string, Uint8Array>()
  for (const text of [...accountProof, ...storageProof.flatMap((slot) => slot.proof)]) {
    if (!NODE.test(text)) throw badProof(`a node is 0x and hex digits, got ${text}`)
    const blob = hexToBytes(text.slice(2))
    blobs.set(bytesToHex(keccak.digest(blob)), blob)
  }
  const nodes: WayNode[] = []
  const reader = new StateReader(root, {
    node: async (path, hash) => {
      const blob = blobs.get(bytesToHex(hash))
      if (blob !== undefined) nodes.push({ path, hash, blob })
      return blob
    },
    code: async () => undefined,
  })
  try {
    await reader.proof(key, slotKeys)
  } catch (cause) {
    throw badProof(`it does not prove ${address} under 0x${bytesToHex(root)}`, cause)
  }
  return nodes
}

function badProof(rule: string, cause?: unknown): InputError {
  return new InputError('badProof', `bad proof: ${rule}`, { details: { rule }, cause })
}
