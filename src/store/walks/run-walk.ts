/**
 * Collects one run, node by node, and checks each against what its parent names: what leaves here is as true as its ref,
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

/** A node that must come: the hash is `source[at, at + 32)`. */
interface ExpectedNode {
  readonly path: Path
  readonly source: Uint8Array
  readonly at: number
}

export class RunWalk {
  /** Of all nodes that were accepted. */
  readonly counts: Counts = { ...NO_COUNTS }
  /** Hashes (hex digits) of the codes that their accounts name. */
  readonly codes = new Set<string>()
  readonly #keccak: Keccak
  readonly #scope: Scope
  readonly #maxNodes: number
  readonly #maxBytes: number
  /** What is expected, the next one last. */
  readonly #stack: ExpectedNode[] = []
  #blobs: Uint8Array[] = []
  #bytes = 0
  readonly #scanner = new NodeScanner()
  readonly #leafRefs = new LeafRefs()
  readonly #key = new Uint8Array(KEY_NIBBLES)

  /** What is not in `scope` is passed over. */
  constructor(keccak: Keccak, ref: Ref, maxNodes: number, maxBytes: number, scope = Scope.ALL) {
    this.#keccak = keccak
    this.#scope = scope
    this.#maxNodes = maxNodes || Number.POSITIVE_INFINITY
    this.#maxBytes = maxBytes
    this.#stack.push({ path: ref.path, source: ref.hash, at: 0 })
  }

  /** Path of the node that must come next; `null`: the run is whole, or as long as it may be. */
  get next(): Path | null {
    if (this.#bytes >= this.#maxBytes || this.#blobs.length === this.#maxNodes) return null
    return this.#stack.at(-1)?.path ?? null
  }

  /** The hash (32 bytes) that the node at {@link next} must have. */
  get nextHash(): Uint8Array {
    const { source, at } = this.#stack.at(-1)!
    return source.slice(at, at + 32)
  }

  /** True if nothing is expected any more. */
  get isAtEnd(): boolean {
    return this.#stack.length === 0
  }

  /** Gives up the node that must come next, and what hangs below it. */
  skip(): void {
    this.#stack.pop()
  }

  /** Takes `bytes[start, end)`, which nobody writes to any more, as the next node. False: it is another one. */
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

  /** The run so far: nodes, concatenated. What is accepted from here on is another one. */
  take(): Uint8Array {
    const run = concatBytes(...this.#blobs)
    this.drop()
    return run
  }

  /** The same, for whoever does not want the nodes. */
  drop(): void {
    this.#blobs = []
    this.#bytes = 0
  }

  /** Counts the node that was scanned last. */
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

  /** Where the key of the node that was scanned last leads. */
  #below(path: Path, source: Uint8Array): Path {
    const { keyStart, keyEnd, keyNibbles } = this.#scanner
    writeHexPrefixNibbles(source, keyStart, keyEnd, this.#key, 0)
    return (path + pathOfNibbles(this.#key, 0, keyNibbles)) as Path
  }
}
