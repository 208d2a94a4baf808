/**
 * Bytecodes named by accounts. Many accounts share one code, so each code is requested once, beside the node sequence.
 */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import type { Keccak } from '../trie/keccak.ts'
import type { Code, CodeCounts } from './disk.ts'
import type { SyncPeer } from './peer.ts'

/** A bytecode not fetched yet. */
export interface WantedCode {
  readonly hash: Uint8Array
  readonly hashHex: string
  inFlight: number
  /** Peers that answered with nothing. A peer that reconnects is a new one. */
  attempts: Set<SyncPeer> | null
}

export class CodeQueue {
  readonly #stored: Set<string>
  readonly #wanted = new Map<string, WantedCode>()
  readonly #counts: { count: number; bytes: number }
  #fetched: Code[] = []

  /** `counts` are of the codes stored for this target before. */
  constructor(stored: ReadonlySet<string>, wanted: readonly string[], counts: CodeCounts) {
    this.#stored = new Set(stored)
    this.#counts = { ...counts }
    for (const hash of wanted) this.add(hash)
  }

  /** The number of bytecodes not fetched yet. */
  get pending(): number {
    return this.#wanted.size
  }

  /** The codes taken for this target, in this session and earlier ones. A code that arrives twice counts once. */
  get counts(): CodeCounts {
    return this.#counts
  }

  get wanted(): Iterable<WantedCode> {
    return this.#wanted.values()
  }

  /** True until the code has been fetched. */
  isWanted(code: WantedCode): boolean {
    return this.#wanted.get(code.hashHex) === code
  }

  /** Notes that an account has this code. */
  add(hashHex: string): void {
    if (this.#stored.has(hashHex) || this.#wanted.has(hashHex)) return
    this.#wanted.set(hashHex, { hash: hexToBytes(hashHex), hashHex, inFlight: 0, attempts: null })
  }

  /** True if an account names this code and the code has not been fetched. */
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

  /**
   * Checks the bytes that answer `asked`, and keeps the code if still wanted. Returns false if the hash does not match.
   */
  process(asked: WantedCode, bytes: Uint8Array, keccak: Keccak): boolean {
    if (bytesToHex(keccak.digest(bytes)) !== asked.hashHex) return false
    // A copy: the frame of the answer may hold many codes, and a view would keep the whole frame in memory.
    if (this.isNamed(asked.hashHex)) this.offer(asked.hashHex, bytes.slice())
    return true
  }

  /** Takes a code checked elsewhere, if wanted. */
  offer(hashHex: string, bytes: Uint8Array): boolean {
    if (!this.#wanted.delete(hashHex)) return false
    this.#stored.add(hashHex)
    this.#fetched.push({ hash: hashHex, bytes })
    this.#counts.count++
    this.#counts.bytes += bytes.length
    return true
  }

  /** Returns the checked codes to be written. The caller keeps them until they are on disk. */
  commit(): Code[] {
    const codes = this.#fetched
    this.#fetched = []
    return codes
  }
}
