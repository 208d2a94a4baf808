/**
 * The server's database: any number of states, each as blocks of the node sequence in path order, and the codes, which
 * all states share. Keys are text and tell what they hold:
 *
 *     state/0000000a             what is known of the state with this number, as JSON
 *     block/0000000a/PATH        the stretch of its sequence from PATH to the next block (one byte a nibble)
 *     code/HASH
 *
 * A state counts from the moment its `complete` record is on disk, which is written last. What an import that was cut off
 * has left is dropped when the database is opened.
 */
import type { Path } from '../trie/path.ts'
import { type Level, openLevel } from './level.ts'

/** What is known of a state. `bytes` are those of its nodes and, counted once each, of its codes. */
export interface StateInfo {
  readonly id: number
  /** Where it came from: the name of a known genesis, a file and its date, or the arguments of a generator. */
  readonly label: string
  /** 0: of no particular chain. */
  readonly chainId: number
  /** 64 hex digits. */
  readonly root: string
  /** The RLP of the header of the block whose state it is, in hex; left out: not known. */
  readonly header?: string
  readonly accounts: number
  readonly slots: number
  readonly nodes: number
  readonly codes: number
  readonly bytes: number
}

type StoredState = { readonly complete: false } | ({ readonly complete: true } & Omit<StateInfo, 'id'>)

/** A write that a batch carries. */
export interface Write {
  readonly type: 'put'
  readonly key: string
  readonly value: Uint8Array
}

export class StateDatabase {
  readonly #level: Level<string>
  #nextId = 0

  private constructor(level: Level<string>) {
    this.#level = level
  }

  /** Opens or creates the database in `directory`. Throws `missingPackage`, `databaseInUse` or `badDatabase`. */
  static async open(directory: string): Promise<StateDatabase> {
    const database = new StateDatabase(await openLevel<string>(directory, 'utf8'))
    await database.#dropUnfinished()
    return database
  }

  /** The complete states, oldest first. */
  async states(): Promise<StateInfo[]> {
    const list: StateInfo[] = []
    for await (const [id, { complete, ...state }] of this.#stored())
      if (complete) list.push({ id, ...state } as StateInfo)
    return list
  }

  /** Takes a number for a state that is about to be written. */
  async begin(): Promise<number> {
    const id = this.#nextId++
    const stored: StoredState = { complete: false }
    await this.#level.put<string, StoredState>(stateKey(id), stored, { valueEncoding: 'json', sync: true })
    return id
  }

  write(batch: Write[]): Promise<void> {
    return this.#level.batch(batch)
  }

  /** From here on the state counts. */
  async complete({ id, ...state }: StateInfo): Promise<void> {
    const stored: StoredState = { complete: true, ...state }
    await this.#level.put<string, StoredState>(stateKey(id), stored, { valueEncoding: 'json', sync: true })
  }

  /** Deletes a state. Its codes stay: others may share them. */
  async drop(id: number): Promise<void> {
    await this.#level.clear({ gte: blockKey(id, '' as Path), lt: `${blockPrefix(id)}~` })
    await this.#level.del(stateKey(id))
  }

  /** Where the blocks of a state begin, in path order. */
  async blockStarts(id: number): Promise<Path[]> {
    const prefix = blockPrefix(id)
    const keys = await this.#level.keys({ gte: prefix, lt: `${prefix}~` }).all()
    return keys.map((key) => key.slice(prefix.length) as Path)
  }

  block(id: number, start: Path): Promise<Uint8Array | undefined> {
    return this.#level.get(blockKey(id, start))
  }

  code(hash: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#level.get(codeKey(hash))
  }

  close(): Promise<void> {
    return this.#level.close()
  }

  async #dropUnfinished(): Promise<void> {
    const unfinished: number[] = []
    for await (const [id, state] of this.#stored()) {
      this.#nextId = id + 1
      if (!state.complete) unfinished.push(id)
    }
    for (const id of unfinished) await this.drop(id)
  }

  async *#stored(): AsyncGenerator<[number, StoredState]> {
    const range = { gt: STATE, lt: `${STATE}~`, valueEncoding: 'json' } as const
    for await (const [key, state] of this.#level.iterator<string, StoredState>(range)) {
      yield [Number.parseInt(key.slice(STATE.length), 16), state]
    }
  }
}

const STATE = 'state/'

function stateKey(id: number): string {
  return STATE + id.toString(16).padStart(8, '0')
}

function blockPrefix(id: number): string {
  return `block/${id.toString(16).padStart(8, '0')}/`
}

/** The key of the block of state `id` that begins at `start`. */
export function blockKey(id: number, start: Path): string {
  return blockPrefix(id) + start
}

/** The key of a code. */
export function codeKey(hash: Uint8Array): string {
  return `code/${Buffer.from(hash).toString('hex')}`
}
