/** Shared by the store's tests: a state cut into pages, and records failing on demand. No tests. */
import { bytesToHex } from '@noble/hashes/utils.js'
import type { Code, Counts, Page } from '../sync/disk.ts'
import { type AccountLeaf, type BuiltTrie, buildState } from '../testing/build-state.ts'
import { decodeAccount, EMPTY_CODE_HASH, encodeSlot } from '../trie/account.ts'
import { keccak256 } from '../trie/keccak.ts'
import { decodeNode, type Node } from '../trie/node.ts'
import { END, KEY_NIBBLES, type Position, ROOT_PATH } from '../trie/path.ts'
import { SequenceWriter } from '../trie/sequence.ts'
import type { BuiltNode } from '../trie/trie-builder.ts'
import type { Durability, Records } from './database/records.ts'
import { StoreError } from './errors.ts'
import { decodePageKey } from './format/page-key.ts'
import type { Operation, RecordStore, RecordTypes } from './format/record-types.ts'

/** Hashes text: keys and other bytes that look random. */
export function hashOf(text: string): Uint8Array {
  return keccak256(new TextEncoder().encode(text))
}

/** Builds a state. Every third account is a contract with storage; every fifth has one of seven codes. */
export function stateOf(accounts: number, seed = ''): { trie: BuiltTrie; codes: Code[]; leaves: AccountLeaf[] } {
  const codes = Array.from({ length: 7 }, (_, i) => codeOf(`${seed} code ${i}`))
  const leaves = Array.from({ length: accounts }, (_, i): AccountLeaf => {
    const leaf = { key: hashOf(`${seed} account ${i}`), nonce: BigInt(i), balance: BigInt(i) * 10n ** 15n }
    const slots = i % 3 === 0 ? slotsOf(`${seed} slot ${i}`, 1 + (i % 40)) : []
    return { ...leaf, slots, codeHash: i % 5 === 0 ? keccak256(codes[(i / 5) % 7]!.bytes) : EMPTY_CODE_HASH }
  })
  leaves.sort((a, b) => (bytesToHex(a.key) < bytesToHex(b.key) ? -1 : 1))
  const used = new Set(leaves.map((leaf) => bytesToHex(leaf.codeHash ?? EMPTY_CODE_HASH)))
  return { trie: buildState(leaves), codes: codes.filter((code) => used.has(code.hash)), leaves }
}

/** Makes a code of some hundred bytes, with its hash. */
export function codeOf(text: string): Code {
  const bytes = new TextEncoder().encode(text.repeat(20))
  return { hash: bytesToHex(keccak256(bytes)), bytes }
}

function slotsOf(text: string, count: number): [Uint8Array, Uint8Array][] {
  const slots = Array.from({ length: count }, (_, i): [Uint8Array, Uint8Array] => {
    return [hashOf(`${text} ${i}`), encodeSlot(BigInt(i + 1) ** 5n)]
  })
  return slots.sort(([a], [b]) => (bytesToHex(a) < bytesToHex(b) ? -1 : 1))
}

/** Cuts the nodes into pages of about `pageBytes`, covering everything. */
export function pagesOf(nodes: readonly BuiltNode[], pageBytes = 4096): Page[] {
  const pages: Page[] = []
  let from = 0
  for (let i = 1; i <= nodes.length; i++) {
    const bytes = nodes.slice(from, i).reduce((sum, node) => sum + node.blob.length, 0)
    if (i < nodes.length && bytes < pageBytes) continue
    const start = from === 0 ? ROOT_PATH : nodes[from]!.path
    pages.push(pageOf(nodes.slice(from, i), start, nodes[i]?.path ?? END))
    from = i
  }
  return pages
}

/** Makes one page of these nodes. */
function pageOf(nodes: readonly BuiltNode[], start: Position, end: Position): Page {
  const counts: Counts = { nodes: 0, bytes: 0, accounts: 0, slots: 0 }
  const codes = new Set<string>()
  for (const { path, blob } of nodes) {
    counts.nodes++
    counts.bytes += blob.length
    const inStorage = path.length >= KEY_NIBBLES
    const values = leafValues(decodeNode(blob, inStorage ? path.length - KEY_NIBBLES : path.length))
    if (inStorage) counts.slots += values.length
    else counts.accounts += values.length
    if (!inStorage) for (const value of values) codes.add(bytesToHex(decodeAccount(value).codeHash))
  }
  codes.delete(bytesToHex(EMPTY_CODE_HASH))
  return { start, end, bytes: sequenceOf(nodes), counts, codes: [...codes] }
}

function leafValues(node: Node): Uint8Array[] {
  if (node.kind === 'leaf') return [node.value]
  const children = node.kind === 'extension' ? [node.child] : node.children
  return children.flatMap((child) => (child !== null && 'node' in child ? leafValues(child.node) : []))
}

/** Front-codes the nodes. */
export function sequenceOf(nodes: readonly Pick<BuiltNode, 'path' | 'blob'>[]): Uint8Array {
  const writer = new SequenceWriter()
  for (const { path, blob } of nodes) writer.append(path, blob)
  return writer.take()
}

/** Sums the counts of pages. */
export function countsOf(pages: readonly Page[]): Counts {
  const total: Counts = { nodes: 0, bytes: 0, accounts: 0, slots: 0 }
  for (const { counts } of pages) {
    for (const name of ['nodes', 'bytes', 'accounts', 'slots'] as const) total[name] += counts[name]
  }
  return total
}

/** Passes everything on, notes writes and counts reads. On demand, one write and all later ones fail. */
export class WatchedRecords implements Records {
  readonly writes: { operations: readonly Operation[]; durability: Durability }[] = []
  reads = 0
  /** The stores with listed keys, in order. */
  readonly keyReads: RecordStore[] = []
  /** The number of writes still to succeed. */
  failAfter = Number.POSITIVE_INFINITY
  readonly #records: Records

  constructor(records: Records) {
    this.#records = records
  }

  get<S extends RecordStore>(store: S, key: RecordTypes[S]['key']): Promise<unknown> {
    this.reads++
    return this.#records.get(store, key)
  }

  keys<S extends RecordStore>(store: S): Promise<RecordTypes[S]['key'][]> {
    this.keyReads.push(store)
    return this.#records.keys(store)
  }

  async write(operations: readonly Operation[], durability: Durability): Promise<void> {
    if (this.writes.length >= this.failAfter) throw new StoreError('quotaExceeded', 'as the test wants it')
    await this.#records.write(operations, durability)
    this.writes.push({ operations, durability })
  }

  close(): void {
    this.#records.close()
  }
}

/**
 * Passes everything on, and lets a test act inside every wait of a reader: before a record is read, and before the
 * value is handed out.
 */
export class InterruptedRecords implements Records {
  /** Called in each wait with its number, but not again for waits of the callback itself. `null`: nothing happens. */
  onWait: ((wait: number) => Promise<void>) | null = null
  readonly #records: Records
  #waits = 0
  #isWaiting = false

  constructor(records: Records) {
    this.#records = records
  }

  async get<S extends RecordStore>(store: S, key: RecordTypes[S]['key']): Promise<unknown> {
    await this.interrupt()
    const value = await this.#records.get(store, key)
    await this.interrupt()
    return value
  }

  keys<S extends RecordStore>(store: S): Promise<RecordTypes[S]['key'][]> {
    return this.#records.keys(store)
  }

  write(operations: readonly Operation[], durability: Durability): Promise<void> {
    return this.#records.write(operations, durability)
  }

  close(): void {
    this.#records.close()
  }

  async interrupt(): Promise<void> {
    if (this.onWait === null || this.#isWaiting) return
    this.#isWaiting = true
    try {
      await this.onWait(this.#waits++)
    } finally {
      this.#isWaiting = false
    }
  }
}

/** The database of one test, with any number of connections. */
export interface Backend {
  connect(): Promise<Records>
}

/** Makes an empty database for a test; the suite disposes of the database in the end. */
export type BackendFactory = () => Promise<Backend & { dispose(): Promise<void> }>

/** Changes the bytes of the page covering `position`, or deletes the page, behind the store's back. */
export async function damagePage(backend: Backend, position: Position, change: ByteChange): Promise<void> {
  const records = await backend.connect()
  const keys = await records.keys('pages')
  const key = keys.find((bytes) => {
    const page = decodePageKey(bytes)
    return page !== null && page.start <= position && position < page.end
  })!
  const value = change((await records.get('pages', key)) as Uint8Array)
  await records.write([value === undefined ? { kind: 'delete', store: 'pages', key } : put(key, value)], 'strict')
  records.close()
}

/** Maps a page's bytes to other bytes; `undefined`: the page is deleted. */
export type ByteChange = (bytes: Uint8Array) => Uint8Array | undefined

function put(key: Uint8Array, value: Uint8Array): Operation {
  return { kind: 'put', store: 'pages', key, value }
}
