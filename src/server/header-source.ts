/** A source of block headers by hash, without any state. */
import { bytesToHex } from '@noble/hashes/utils.js'
import { keccak256 } from '../trie/keccak.ts'
import type { NodeSource } from '../trie/node-source.ts'

const NOTHING = new Uint8Array()

export class HeaderSource implements NodeSource {
  /** Headers by their hashes in hex. */
  readonly #headers: ReadonlyMap<string, Uint8Array>

  /** Takes headers as RLP. */
  constructor(headers: readonly Uint8Array[]) {
    this.#headers = new Map(headers.map((header) => [bytesToHex(keccak256(header)), header]))
  }

  has(): boolean {
    return false
  }

  async run(): Promise<Uint8Array> {
    return NOTHING
  }

  async path(): Promise<Uint8Array> {
    return NOTHING
  }

  async code(): Promise<undefined> {
    return undefined
  }

  async header(hash: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#headers.get(bytesToHex(hash))
  }
}
