/**
 * Fills the database. Records in any order become sorted leaves, leaves become nodes, and nodes become blocks. The
 * resulting root is checked against the expected one. Memory does not grow with the state.
 */

import { join } from 'node:path'
import { bytesToHex } from '@noble/hashes/utils.js'
import { decodeAccount, encodeAccount } from '../trie/account.ts'
import { Packer } from '../trie/block-packer.ts'
import { createFastKeccak } from '../trie/fast-keccak.ts'
import type { Keccak } from '../trie/keccak.ts'
import { pathOfKey } from '../trie/path.ts'
import { TrieBuilder } from '../trie/trie-builder.ts'
import { parseCount } from '../wallet/number.ts'
import { checkBytes, optional } from './check-arguments.ts'
import { checkImportOptions } from './check-import.ts'
import { PROGRESS_EVERY, WRITE_BATCH_BYTES } from './constants.ts'
import { ServerError } from './error.ts'
import type { ImportOptions } from './import-options.ts'
import { LeafSorter, type SortedLeaf } from './leaf-sorter.ts'
import { Pacer } from './pacer.ts'
import { blockKey, codeKey, type StateDatabase, type Write } from './state-database.ts'
import type { StateInfo } from './state-info.ts'
import { InventoryWriter } from './state-inventory.ts'
import { checkedRecords } from './state-record.ts'

/**
 * Imports one state. Throws `badArgument`, `badNumber`, `rootMismatch`, `badGenesis`, `missingPackage`, `diskFull`,
 * `badDatabase`, the signal's reason, or an error of `records`. After a failure the state does not count. The next
 * opening of the database deletes the remains at the latest.
 */
export async function importState(given: ImportOptions): Promise<StateInfo> {
  const options = checkImportOptions(given)
  options.signal?.throwIfAborted()
  const keccak = await createFastKeccak()
  const id = await options.database.begin()
  const writer = new StateWriter(options.database, id, keccak)
  const sorter = new LeafSorter({
    keccak,
    directory: join(options.scratchDirectory, `sort-${id}`),
    ...(options.sortMemoryBytes === undefined ? {} : { memoryBytes: options.sortMemoryBytes }),
    onCode: (hash, code) => writer.addCode(hash, code),
  })
  try {
    await readRecords(options, sorter, writer)
    await buildLeaves(options, sorter, writer)
    return await completeState(options, id, writer)
  } catch (error) {
    // An aborted import leaves the deletion, which takes long, to the next opening of the database. A failing deletion
    // must not hide the error.
    if (!options.signal?.aborted) await options.database.drop(id).catch(() => {})
    throw error
  } finally {
    // Remains of the sorter only take room, and the next opening of the data directory deletes them. Neither a complete
    // state nor the error of an import may be lost for them.
    await sorter.close().catch(() => {})
  }
}

async function readRecords(options: ImportOptions, sorter: LeafSorter, writer: StateWriter): Promise<void> {
  const { records, onProgress, signal } = options
  const pacer = new Pacer(signal)
  let read = 0
  for await (const record of checkedRecords(records)) {
    await sorter.add(record)
    await writer.flushIfFull()
    if (pacer.isDue) await pacer.yield()
    if (++read % PROGRESS_EVERY > 0) continue
    signal?.throwIfAborted()
    onProgress?.({ phase: 'reading', records: read })
  }
}

async function buildLeaves(options: ImportOptions, sorter: LeafSorter, writer: StateWriter): Promise<void> {
  const { onProgress, signal } = options
  const total = sorter.count
  const pacer = new Pacer(signal)
  let built = 0
  for await (const leaf of sorter.sorted()) {
    writer.addLeaf(leaf)
    await writer.flushIfFull()
    if (pacer.isDue) await pacer.yield()
    if (++built % PROGRESS_EVERY > 0) continue
    signal?.throwIfAborted()
    onProgress?.({ phase: 'building', records: built, total })
  }
  await writer.finish()
  onProgress?.({ phase: 'building', records: total, total })
}

async function completeState(options: ImportOptions, id: number, writer: StateWriter): Promise<StateInfo> {
  const { label, chainId, header, expectedRoot, database } = options
  const root = bytesToHex(writer.root)
  if (expectedRoot !== undefined && expectedRoot !== root) {
    const message = `${label}: the state has root 0x${root}, expected 0x${expectedRoot}`
    throw new ServerError('rootMismatch', message, { details: { got: root, expected: expectedRoot } })
  }
  const rlp = optional(header?.(writer.root), (rlp) => checkBytes('what header returns', rlp))
  const chain = optional(chainId?.(), (id) => parseCount('what chainId returns', id)) ?? 0
  const block = rlp === undefined ? {} : { header: bytesToHex(rlp) }
  const info: StateInfo = { id, label, chainId: chain, root, ...block, ...writer.counts }
  await database.complete(info, writer.inventory.finish())
  return info
}

/** Turns sorted leaves into writes: the codes, and the builder's nodes packed into blocks. */
class StateWriter {
  readonly counts = { accounts: 0, slots: 0, nodes: 0, codes: 0, bytes: 0 }
  readonly inventory = new InventoryWriter()
  root: Uint8Array = new Uint8Array()
  readonly #database: StateDatabase
  readonly #keccak: Keccak
  readonly #packer: Packer
  readonly #accounts: TrieBuilder
  /** The account of the current slots, and the storage trie once there is a slot. */
  #account: SortedLeaf | undefined
  #storage: TrieBuilder | undefined
  #batch: Write[] = []
  #batchBytes = 0

  constructor(database: StateDatabase, id: number, keccak: Keccak) {
    this.#database = database
    this.#keccak = keccak
    this.#packer = new Packer({
      onBlock: ({ start, bytes }) => {
        this.inventory.addBlock(start, bytes)
        this.#put(blockKey(id, start), bytes)
      },
    })
    this.#accounts = this.#trie()
  }

  addCode(hash: Uint8Array, code: Uint8Array): void {
    this.counts.codes++
    this.counts.bytes += code.length
    this.inventory.addCode(hash, code)
    this.#put(codeKey(hash), code)
  }

  addLeaf(leaf: SortedLeaf): void {
    if (leaf.kind === 'slot') this.#addSlot(leaf)
    else {
      this.#closeAccount()
      this.#account = leaf
    }
  }

  async flushIfFull(): Promise<void> {
    if (this.#batchBytes >= WRITE_BATCH_BYTES) await this.#flush()
  }

  async finish(): Promise<void> {
    this.#closeAccount()
    this.root = this.#accounts.finish()
    this.#packer.finish()
    await this.#flush()
  }

  #addSlot({ account, slot, value }: SortedLeaf): void {
    if (this.#storage === undefined) {
      this.#accounts.seek(account) // a storage trie comes behind all nodes to the left of its account
      this.#storage = this.#trie(account)
    }
    this.#storage.add(slot, value)
    this.counts.slots++
  }

  #closeAccount(): void {
    if (this.#account === undefined) return
    const { account, value } = this.#account
    const storageRoot = this.#storage?.finish()
    this.#accounts.add(
      account,
      storageRoot === undefined ? value : encodeAccount({ ...decodeAccount(value), storageRoot }),
    )
    this.counts.accounts++
    this.#account = undefined
    this.#storage = undefined
  }

  #trie(account?: Uint8Array): TrieBuilder {
    return new TrieBuilder({
      ...(account === undefined ? {} : { prefix: pathOfKey(account) }),
      keccak: this.#keccak,
      onNode: (node) => {
        this.counts.nodes++
        this.counts.bytes += node.blob.length
        this.#packer.add(node)
      },
    })
  }

  #put(key: string, value: Uint8Array): void {
    this.#batch.push({ type: 'put', key, value })
    this.#batchBytes += value.length
  }

  async #flush(): Promise<void> {
    const batch = this.#batch
    this.#batch = []
    this.#batchBytes = 0
    await this.#database.write(batch)
  }
}
