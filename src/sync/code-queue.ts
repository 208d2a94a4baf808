/** Bytecodes that accounts name: asked for once each, beside the node sequence, since many accounts share one. */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import type { Keccak } from '../trie/keccak.ts'
import type { Code } from './disk.ts'
import type { SyncPeer } from './peer.ts'

/** A bytecode that has not been fetched. */
export interface WantedCode {
  readonly hash: Uint8Array
  readonly hashHex: string
  inFlight: number
  /** Peers that answered with nothing. A peer that comes back is another one. */
  attempts: Set<SyncPeer> | null
}

export class CodeQueue {
  readonly #stored: Set<string>
  readonly #wanted = new Map<string, WantedCode>()
  #fetched: Code[] = []

  constructor(stored: ReadonlySet<string>, wanted: readonly string[]) {
    this.#stored = new Set(stored)
    for (const hash of wanted) this.add(hash)
  }

  /** Bytecodes that have not been fetched. */
  get pending(): number {
    return this.#wanted.size
  }

  get wanted(): Iterable<WantedCode> {
    return this.#wanted.values()
  }

  /** True until the code has been fetched. */
  isWanted(code: WantedCode): boolean {
    return this.#wanted.get(code.hashHex) === code
  }

  /** Notes that some account has this code. */
  add(hashHex: string): void {
    if (this.#stored.has(hashHex) || this.#wanted.has(hashHex)) return
    this.#wanted.set(hashHex, { hash: hexToBytes(hashHex), hashHex, inFlight: 0, attempts: null })
  }

  /** True if some account names this code and it has not been fetched. */
  isNamed(hashHex: string): boolean {
    return this.#wanted.has(hashHex)
  }

  /** Hands out free codes, which are in flight until {@link release}. */
  missing(limit: number, mayAsk: (code: WantedCode) => boolean): WantedCode[] {
    const codes: WantedCode[] = []
    for (const code of this.#wanted.values()) {
      if (codes.length >= limit) break
      if (code.inFlight > 0 || !mayAsk(code)) continue
      code.inFlight++
      codes.push(code)
    }
    return codes
  }

  release(codes: readonly WantedCode[]): void {
    for (const code of codes) if (code.inFlight > 0) code.inFlight--
  }

  /** Checks the bytes that answer `asked`, and keeps them if they are still wanted. False: they are not that code. */
  process(asked: WantedCode, bytes: Uint8Array, keccak: Keccak): boolean {
    if (bytesToHex(keccak.digest(bytes)) !== asked.hashHex) return false
    // A copy: the answer's frame may hold many codes, and would live as long as the last of them.
    if (this.isNamed(asked.hashHex)) this.offer(asked.hashHex, bytes.slice())
    return true
  }

  /** Takes a code that was checked elsewhere, if it is wanted. */
  offer(hashHex: string, bytes: Uint8Array): boolean {
    if (!this.#wanted.delete(hashHex)) return false
    this.#stored.add(hashHex)
    this.#fetched.push({ hash: hashHex, bytes })
    return true
  }

  /** Checked codes to be written; the caller's until they are on disk. */
  commit(): Code[] {
    const codes = this.#fetched
    this.#fetched = []
    return codes
  }
}
