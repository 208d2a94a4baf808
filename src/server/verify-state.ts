/**
 * Reads and checks a whole state. From the root down, no node is missing, and each has the hash named by its parent.
 * Each code named by an account is there and has its hash. The numbers equal the recorded ones.
 */

import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { isRootlightError } from '../runtime/error.ts'
import { decodeAccount, EMPTY_CODE_HASH, EMPTY_ROOT } from '../trie/account.ts'
import { createFastKeccak } from '../trie/fast-keccak.ts'
import { decodeHexPrefix } from '../trie/hex-prefix.ts'
import { equalHash, type Keccak } from '../trie/keccak.ts'
import { NodeScanner } from '../trie/node-scanner.ts'
import { KEY_NIBBLES, type Path, ROOT_PATH } from '../trie/path.ts'
import { SequenceCursor } from '../trie/sequence.ts'
import { decodeHeader } from '../wallet/header.ts'
import { damagedState, isCorruption } from './damage.ts'
import type { VerifyOptions } from './options.ts'
import { Pacer } from './pacer.ts'
import type { StateInfo } from './state-info.ts'
import { encodeInventory, InventoryWriter, type StateInventory } from './state-inventory.ts'

/** The reads of a database by a verification. */
interface VerifiedDatabase {
  blockStarts(id: number): Promise<readonly Path[]>
  block(id: number, start: Path): Promise<Uint8Array | undefined>
  code(hash: Uint8Array): Promise<Uint8Array | undefined>
  inventory(info: StateInfo): Promise<StateInventory>
}

/**
 * Verifies the state with blocks at `starts` (left out: all blocks found), and returns the inventory of the bytes read.
 * Throws `damagedState` for the first missing or wrong part, and the signal's reason.
 */
export async function verifyState(
  database: VerifiedDatabase,
  info: StateInfo,
  { onVerify, signal }: VerifyOptions = {},
  starts?: readonly Path[],
): Promise<StateInventory> {
  const walk = new StateWalk(info, await createFastKeccak())
  const pacer = new Pacer(signal)
  try {
    for (const start of starts ?? (await database.blockStarts(info.id))) {
      const block = await database.block(info.id, start)
      if (block === undefined) throw damagedState(info, `its block at '${start}' is missing`)
      walk.addBlock(start, block)
      onVerify?.(info.label, info.nodes === 0 ? 1 : walk.nodes / info.nodes)
      if (pacer.isDue) await pacer.yield()
    }
    for (const hash of walk.codeHashes()) {
      walk.addCode(hash, await database.code(hash))
      if (pacer.isDue) await pacer.yield()
    }
    return walk.finish()
  } catch (error) {
    const isDamage = isCorruption(error) || isRootlightError(error, 'badSequence') || isRootlightError(error, 'badNode')
    if (!isDamage && !isRootlightError(error, 'badValue') && !isRootlightError(error, 'badHeader')) throw error
    throw damagedState(info, (error as Error).message, error)
  }
}

/**
 * Verifies a state against its inventory: every listed part is there, and every part is right. Throws `damagedState`,
 * and the signal's reason.
 */
export async function verifyStored(
  database: VerifiedDatabase,
  info: StateInfo,
  options: VerifyOptions = {},
): Promise<void> {
  const inventory = await database.inventory(info)
  const found = await verifyState(database, info, options, inventory.starts)
  if (Buffer.compare(encodeInventory(inventory), encodeInventory(found)) !== 0)
    throw damagedState(info, 'its inventory lists something else')
}

/** A node expected next or later: its path, and its hash as 32 bytes at `at` of `bytes`. */
interface Expected {
  readonly path: Path
  readonly bytes: Uint8Array
  readonly at: number
}

/** Checks the nodes of a state in path order. */
class StateWalk {
  nodes = 0
  #slots = 0
  #accounts = 0
  #bytes = 0
  readonly #info: StateInfo
  readonly #keccak: Keccak
  readonly #scanner = new NodeScanner()
  readonly #inventory = new InventoryWriter()
  readonly #codes = new Set<string>()
  /** The expected nodes, the next one last. */
  readonly #expected: Expected[] = []

  constructor(info: StateInfo, keccak: Keccak) {
    this.#info = info
    this.#keccak = keccak
    const root = hexToBytes(info.root)
    if (!equalHash(root, EMPTY_ROOT)) this.#expected.push({ path: ROOT_PATH, bytes: root, at: 0 })
  }

  addBlock(start: Path, block: Uint8Array): void {
    this.#inventory.addBlock(start, block)
    const cursor = new SequenceCursor(block)
    while (cursor.next()) this.#meet(cursor)
  }

  codeHashes(): Uint8Array[] {
    return [...this.#codes].map(hexToBytes)
  }

  addCode(hash: Uint8Array, code: Uint8Array | undefined): void {
    if (code === undefined) throw this.#damaged(`the code ${bytesToHex(hash)} is missing`)
    if (!equalHash(this.#keccak.digest(code), hash)) throw this.#damaged(`the code ${bytesToHex(hash)} is damaged`)
    this.#inventory.addCode(hash, code)
    this.#bytes += code.length
  }

  finish(): StateInventory {
    const { header, root, ...info } = this.#info
    const missing = this.#expected.at(-1)
    if (missing !== undefined) throw this.#damaged(`the node at '${missing.path}' is missing`)
    const counts = { accounts: this.#accounts, slots: this.#slots, nodes: this.nodes, codes: this.#codes.size }
    for (const [name, count] of Object.entries({ ...counts, bytes: this.#bytes })) {
      if (info[name as 'nodes'] !== count)
        throw this.#damaged(`it has ${count} ${name}, expected ${info[name as 'nodes']}`)
    }
    if (header !== undefined && decodeHeader(hexToBytes(header)).stateRoot !== `0x${root}`) {
      throw this.#damaged('its header has another root')
    }
    return this.#inventory.finish()
  }

  #meet(cursor: SequenceCursor): void {
    const { path, bytes, start, end } = cursor
    const expected = this.#expected.pop()
    if (expected === undefined) throw this.#damaged(`the node at '${path}' is none of it`)
    if (expected.path !== path) throw this.#damaged(`the node at '${expected.path}' is missing`)
    if (!equalHash(this.#keccak.digest(bytes.subarray(start, end)), expected.bytes, expected.at)) {
      throw this.#damaged(`the node at '${path}' does not have its hash`)
    }
    this.nodes++
    this.#bytes += end - start
    const inStorage = path.length >= KEY_NIBBLES
    this.#scanner.scan(bytes, start, end, inStorage ? path.length - KEY_NIBBLES : path.length)
    this.#slots += this.#scanner.embeddedLeaves
    if (this.#scanner.kind !== 'leaf') this.#expectChildren(path, bytes)
    else if (inStorage) this.#slots++
    else this.#meetAccount(path, bytes)
  }

  #expectChildren(path: Path, bytes: Uint8Array): void {
    const { kind, childCount, childNibble, childHash } = this.#scanner
    for (let i = childCount - 1; i >= 0; i--) {
      const below = kind === 'branch' ? childNibble[i]!.toString(16) : this.#key(bytes)
      this.#expected.push({ path: (path + below) as Path, bytes, at: childHash[i]! })
    }
  }

  #meetAccount(path: Path, bytes: Uint8Array): void {
    const { valueStart, valueEnd } = this.#scanner
    const { storageRoot, codeHash } = decodeAccount(bytes.subarray(valueStart, valueEnd))
    this.#accounts++
    if (!equalHash(codeHash, EMPTY_CODE_HASH)) this.#codes.add(bytesToHex(codeHash))
    if (equalHash(storageRoot, EMPTY_ROOT)) return
    this.#expected.push({ path: (path + this.#key(bytes)) as Path, bytes: storageRoot, at: 0 })
  }

  /** Returns the key of the leaf or extension scanned last. */
  #key(bytes: Uint8Array): Path {
    return decodeHexPrefix(bytes.subarray(this.#scanner.keyStart, this.#scanner.keyEnd))!.key
  }

  #damaged(rule: string): Error {
    return damagedState(this.#info, rule)
  }
}
