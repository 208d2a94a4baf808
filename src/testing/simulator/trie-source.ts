/** The source of an honest peer in the simulation: whole states in memory. */
import { bytesToHex, concatBytes } from '@noble/hashes/utils.js'
import { equalHash } from '../../trie/keccak.ts'
import type { NodeSource, Ref } from '../../trie/node-source.ts'
import { KEY_NIBBLES, type Path } from '../../trie/path.ts'
import type { SimulatedState } from './states.ts'

const NOTHING = new Uint8Array()

/** Serves all learned states. */
export class TrieSource implements NodeSource {
  readonly #states = new Map<string, SimulatedState>()

  /** The known states, the newest first. */
  get states(): SimulatedState[] {
    return [...this.#states.values()].reverse()
  }

  learn(state: SimulatedState): void {
    this.#states.delete(state.rootHex)
    this.#states.set(state.rootHex, state)
  }

  has(root: Uint8Array): boolean {
    return this.#states.has(bytesToHex(root))
  }

  async run(root: Uint8Array, ref: Ref, maxNodes: number, maxBytes: number): Promise<Uint8Array> {
    const state = this.#states.get(bytesToHex(root))
    return state === undefined ? NOTHING : concatBytes(...runOf(state, ref, maxNodes, maxBytes))
  }

  async path(root: Uint8Array, ref: Ref, key: Path): Promise<Uint8Array> {
    const state = this.#states.get(bytesToHex(root))
    return state === undefined ? NOTHING : concatBytes(...wayOf(state, ref, key))
  }

  async code(hash: Uint8Array): Promise<Uint8Array | undefined> {
    const hex = bytesToHex(hash)
    for (const { codes } of this.#states.values()) {
      const code = codes.get(hex)
      if (code !== undefined) return code
    }
    return undefined
  }
}

/**
 * Returns the nodes of the run at `ref`, cut as in `NodeSource.run`. Returns none if the state has another node there.
 */
export function runOf(state: SimulatedState, ref: Ref, maxNodes: number, maxBytes: number): Uint8Array[] {
  const first = state.indexOf.get(ref.path)
  if (first === undefined || !equalHash(state.nodes[first]!.hash, ref.hash)) return []
  const blobs: Uint8Array[] = []
  let bytes = 0
  for (let i = first; i < state.nodes.length; i++) {
    const { path, blob } = state.nodes[i]!
    if (!path.startsWith(ref.path)) break
    blobs.push(blob)
    bytes += blob.length
    if (blobs.length === maxNodes || bytes >= maxBytes) break
  }
  return blobs
}

/** Returns the nodes of the way from `ref` down along `key`. Returns none if the state has another node there. */
export function wayOf(state: SimulatedState, ref: Ref, key: Path): Uint8Array[] {
  const first = state.indexOf.get(ref.path)
  if (first === undefined || !equalHash(state.nodes[first]!.hash, ref.hash)) return []
  const blobs: Uint8Array[] = []
  for (let length = ref.path.length; length <= key.length; length++) {
    // A storage root stands at the end of the account's key. The way to an account does not include the storage root.
    if (length === KEY_NIBBLES && key.length === KEY_NIBBLES) break
    const index = state.indexOf.get(key.slice(0, length) as Path)
    if (index !== undefined) blobs.push(state.nodes[index]!.blob)
  }
  return blobs
}
