/**
 * Collects one run, node by node, and checks each node against the hash in its parent. A run is as true as its ref,
 * whatever happened to the disk.
 */
import { bytesToHex, concatBytes } from '@noble/hashes/utils.js'
import type { Counts } from '../../sync/disk.ts'
import { writeHexPrefixNibbles } from '../../trie/hex-prefix.ts'
import { equalHash, type Keccak } from '../../trie/keccak.ts'
import { LeafRefs, scanAccount } from '../../trie/leaf.ts'
import { NodeScanner } from '../../trie/node-scanner.ts'
import type { Ref } from '../../trie/node-source.ts'
import { KEY_NIBBLES, type Path, pathOfNibbles } from '../../trie/path.ts'
import { Scope } from '../../trie/scope.ts'
import { NO_COUNTS } from '../format/page-key.ts'

/** A node expected next or later: the hash is `source[at, at + 32)`. */
interface ExpectedNode {
  readonly path: Path
  readonly source: Uint8Array
  readonly at: number
}

export class RunWalk {
  /** The totals of all accepted nodes. */
  readonly counts: Counts = { ...NO_COUNTS }
  /** Hashes (hex digits) of the codes named by accepted accounts. */
  readonly codes = new Set<string>()
  readonly #keccak: Keccak
  readonly #scope: Scope
  readonly #maxNodes: number
  readonly #maxBytes: number
  /** The expected nodes, the next one last. */
  readonly #stack: ExpectedNode[] = []
  #blobs: Uint8Array[] = []
  #bytes = 0
  readonly #scanner = new NodeScanner()
  readonly #leafRefs = new LeafRefs()
  readonly #key = new Uint8Array(KEY_NIBBLES)

  /** Nodes outside of `scope` are passed over. */
  constructor(keccak: Keccak, ref: Ref, maxNodes: number, maxBytes: number, scope = Scope.ALL) {
    this.#keccak = keccak
    this.#scope = scope
    this.#maxNodes = maxNodes || Number.POSITIVE_INFINITY
    this.#maxBytes = maxBytes
    this.#stack.push({ path: ref.path, source: ref.hash, at: 0 })
  }

  /** The path of the next expected node; `null`: the run is whole, or has its maximal length. */
  get next(): Path | null {
    if (this.#bytes >= this.#maxBytes || this.#blobs.length === this.#maxNodes) return null
    return this.#stack.at(-1)?.path ?? null
  }

  /** The hash (32 bytes) of the next expected node. */
  get nextHash(): Uint8Array {
    const { source, at } = this.#stack.at(-1)!
    return source.slice(at, at + 32)
  }

  /** True if no node is expected any more. */
  get isAtEnd(): boolean {
    return this.#stack.length === 0
  }

  /** Gives up the next expected node, and everything below. */
  skip(): void {
    this.#stack.pop()
  }

  /**
   * Takes `bytes[start, end)` as the next node; no code may write to these bytes any more. Returns false for another
   * node.
   */
  accept(bytes: Uint8Array, start: number, end: number): boolean {
    const { path, source, at } = this.#stack.at(-1)!
    const blob = bytes.subarray(start, end)
    if (!equalHash(this.#keccak.digest(blob), source, at)) return false
    this.#stack.pop()
    this.#blobs.push(blob)
    this.#bytes += blob.length
    this.#expectChildren(path, bytes, start, end)
    this.#count(path, blob.length)
    return true
  }

  /** Returns the run so far, nodes concatenated, and begins another run. */
  take(): Uint8Array {
    const run = concatBytes(...this.#blobs)
    this.drop()
    return run
  }

  /** Drops the run so far, and begins another run. */
  drop(): void {
    this.#blobs = []
    this.#bytes = 0
  }

  /** Counts the node scanned last. */
  #count(path: Path, bytes: number): void {
    const { counts } = this
    counts.nodes++
    counts.bytes += bytes
    const leaves = this.#scanner.embeddedLeaves + (this.#scanner.kind === 'leaf' ? 1 : 0)
    if (path.length >= KEY_NIBBLES) counts.slots += leaves
    else counts.accounts += leaves
  }

  #expectChildren(path: Path, source: Uint8Array, start: number, end: number): void {
    const scanner = this.#scanner
    const inStorage = path.length >= KEY_NIBBLES
    scanner.scan(source, start, end, inStorage ? path.length - KEY_NIBBLES : path.length)
    if (scanner.kind === 'branch') {
      for (let i = scanner.childCount - 1; i >= 0; i--) {
        const nibble = scanner.childNibble[i]!.toString(16)
        this.#expect((path + nibble) as Path, source, scanner.childHash[i]!)
      }
    } else if (scanner.kind === 'extension') {
      if (scanner.childCount > 0) this.#expect(this.#below(path, source), source, scanner.childHash[0]!)
    } else if (!inStorage) {
      scanAccount(source, scanner.valueStart, scanner.valueEnd, this.#leafRefs)
      const { storageRoot, codeHash } = this.#leafRefs
      if (codeHash < 0 && storageRoot < 0) return
      const key = this.#below(path, source)
      if (codeHash >= 0 && this.#scope.includesAccount(key))
        this.codes.add(bytesToHex(source.subarray(codeHash, codeHash + 32)))
      if (storageRoot >= 0) this.#expect(key, source, storageRoot)
    }
  }

  #expect(path: Path, source: Uint8Array, at: number): void {
    if (this.#scope.includes(path)) this.#stack.push({ path, source, at })
  }

  /** Returns the path to which the key of the last scanned node leads. */
  #below(path: Path, source: Uint8Array): Path {
    const { keyStart, keyEnd, keyNibbles } = this.#scanner
    writeHexPrefixNibbles(source, keyStart, keyEnd, this.#key, 0)
    return (path + pathOfNibbles(this.#key, 0, keyNibbles)) as Path
  }
}
