/**
 * A database surviving the end of its process, and a series of states to sync on this database. For the tests of many
 * targets.
 */
import { bytesToHex } from '@noble/hashes/utils.js'
import { MemoryRecords } from '../store/database/memory-records.ts'
import type { Records } from '../store/database/records.ts'
import { isGenerationKey } from '../store/format/generation-record.ts'
import { META_KEY } from '../store/format/meta.ts'
import { decodePageKey, isLoose } from '../store/format/page-key.ts'
import { StateStore, type StateStoreOptions } from '../store/state-store.ts'
import { keccak256, nobleKeccak } from '../trie/keccak.ts'
import type { Path } from '../trie/path.ts'
import { SequenceCursor } from '../trie/sequence.ts'
import type { BuiltNode } from '../trie/trie-builder.ts'
import { mptOracle, sequenceOf } from './oracle.ts'
import type { PeerState } from './peers.ts'
import type { Random } from './random.ts'
import type { RandomState } from './random-state.ts'
import { complete, type SimulatedState } from './simulator/states.ts'

/** A state as `@ethereumjs/mpt` computes the nodes, and the answers a peer has for this state. */
export interface OracleState extends SimulatedState, PeerState {
  readonly plain: RandomState
}

/** Builds `plain` with `@ethereumjs/mpt`. Peers keep the codes of all earlier states. */
export async function oracleState(
  plain: RandomState,
  olderCodes: PeerState['codes'] = new Map(),
): Promise<OracleState> {
  const oracle = await mptOracle(plain.accounts)
  const sequence = sequenceOf(oracle)
  const nodes = sequence.map(([path, blob]): BuiltNode => ({ path, blob, hash: keccak256(blob) }))
  const { root } = oracle
  const known = complete(plain, nobleKeccak)
  const codes = new Map([...olderCodes, ...plain.codes])
  return { ...known, root, rootHex: bytesToHex(root), nodes, sequence, codes, plain }
}

/** A page of some generation, with nodes as text: path and bytes. */
export interface StoredNodes {
  readonly generation: number
  readonly bytes: number
  readonly nodes: readonly string[]
}

/** A database, and the process with the open connection. */
export class MovingTarget {
  readonly #disk = new MemoryRecords()
  readonly #options: StateStoreOptions
  #connection: Records = this.#disk
  store!: StateStore

  constructor(options: StateStoreOptions = {}) {
    this.#options = options
  }

  /** Opens the database in a new process. */
  async open(): Promise<StateStore> {
    this.#connection = this.#disk.reopen()
    this.store = await StateStore.over(this.#connection, { yieldThread: async () => {}, ...this.#options })
    return this.store
  }

  /** Ends the process: nothing done by the old process reaches the disk any more. A new process opens the database. */
  async crash(): Promise<StateStore> {
    this.#connection.close()
    return this.open()
  }

  /** Returns the covering pages of all generations. */
  async pages(): Promise<StoredNodes[]> {
    const pages: StoredNodes[] = []
    for (const key of await this.#disk.keys('pages')) {
      const page = decodePageKey(key)
      if (page === null || isLoose(page)) continue
      const bytes = (await this.#disk.get('pages', key)) as Uint8Array
      pages.push({ generation: page.generation, bytes: bytes.length, nodes: [...nodesIn(bytes)] })
    }
    return pages
  }

  /** Returns how many generations the database knows. */
  async generations(): Promise<number> {
    return (await this.#disk.keys('meta')).filter(isGenerationKey).length
  }

  /** Returns the number of the generation answering reads, as written on disk. */
  async complete(): Promise<number | undefined> {
    return (await this.#disk.get('meta', META_KEY.complete)) as number | undefined
  }

  /** Flips a bit of a random page, or deletes the page. Resolves with false if there is no page. */
  async damage(random: Random): Promise<boolean> {
    const keys = await this.#disk.keys('pages')
    if (keys.length === 0) return false
    const key = random.pick(keys)
    const value = (await this.#disk.get('pages', key)) as Uint8Array
    value[random.int(value.length)]! ^= 1 << random.int(8)
    const isGone = random() < 0.2
    await this.#disk.write([
      isGone ? { kind: 'delete', store: 'pages', key } : { kind: 'put', store: 'pages', key, value },
    ])
    return true
  }
}

/** Returns a node as text, for comparisons. */
export function textOfNode({ path, blob }: Pick<BuiltNode, 'path' | 'blob'>): string {
  return `${path} ${bytesToHex(blob)}`
}

function* nodesIn(bytes: Uint8Array): Iterable<string> {
  const cursor = new SequenceCursor(bytes)
  try {
    while (cursor.next())
      yield textOfNode({ path: cursor.path as Path, blob: bytes.subarray(cursor.start, cursor.end) })
  } catch {
    // The rest of the page is damaged.
  }
}
