/** A database that outlives its process, and states that follow each other on it: for the tests of many targets. */
import { bytesToHex } from '@noble/hashes/utils.js'
import { isGenerationKey, META_KEY } from '../store/generation-record.ts'
import { MemoryRecords } from '../store/memory.ts'
import { decodePageKey, isLoose } from '../store/page-key.ts'
import type { Records } from '../store/records.ts'
import { StateStore, type StateStoreOptions } from '../store/state-store.ts'
import type { BuiltNode } from '../trie/builder.ts'
import { keccak256, nobleKeccak } from '../trie/keccak.ts'
import type { Path } from '../trie/path.ts'
import { SequenceCursor } from '../trie/sequence.ts'
import { mptOracle, sequenceOf } from './oracle.ts'
import type { PeerState } from './peers.ts'
import type { Random } from './random.ts'
import type { RandomState } from './random-state.ts'
import { complete, type SimulatedState } from './simulator/states.ts'

/** A state as `@ethereumjs/mpt` has it, and what a peer of it has. */
export interface OracleState extends SimulatedState, PeerState {
  readonly plain: RandomState
}

/** What `@ethereumjs/mpt` makes of `plain`. Peers keep the codes of all states that were before. */
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

/** A page of some generation, with its nodes as text: path and bytes. */
export interface StoredNodes {
  readonly generation: number
  readonly bytes: number
  readonly nodes: readonly string[]
}

/** A database, and the process that has it open. */
export class MovingTarget {
  readonly #disk = new MemoryRecords()
  readonly #options: StateStoreOptions
  #connection: Records = this.#disk
  store!: StateStore

  constructor(options: StateStoreOptions = {}) {
    this.#options = options
  }

  /** A new process opens the database. */
  async open(): Promise<StateStore> {
    this.#connection = this.#disk.reopen()
    this.store = await StateStore.over(this.#connection, { yieldThread: async () => {}, ...this.#options })
    return this.store
  }

  /** The process is gone: nothing it does reaches the disk any more. Another one opens the database. */
  async crash(): Promise<StateStore> {
    this.#connection.close()
    return this.open()
  }

  /** Covering pages of all generations. */
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

  /** Numbers of the generations that the database knows of. */
  async generations(): Promise<number> {
    return (await this.#disk.keys('meta')).filter(isGenerationKey).length
  }

  /** The generation that reads are answered from, as it stands on disk. */
  async complete(): Promise<number | undefined> {
    return (await this.#disk.get('meta', META_KEY.complete)) as number | undefined
  }

  /** Flips a bit of a page, or deletes it. False: there is none. */
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

/** A node as text, to be compared. */
export function textOfNode({ path, blob }: Pick<BuiltNode, 'path' | 'blob'>): string {
  return `${path} ${bytesToHex(blob)}`
}

function* nodesIn(bytes: Uint8Array): Iterable<string> {
  const cursor = new SequenceCursor(bytes)
  try {
    while (cursor.next())
      yield textOfNode({ path: cursor.path as Path, blob: bytes.subarray(cursor.start, cursor.end) })
  } catch {
    // damaged from here on
  }
}
