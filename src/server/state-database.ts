/**
 * The server's database: any number of states, each as blocks of the node sequence in path order, and the codes, which
 * all states share. Keys are text and tell what they hold:
 *
 *     state/0000000a             what is known of the state with this number, as JSON
 *     inventory/0000000a         which blocks and codes it consists of, with their checks
 *     block/0000000a/PATH        the stretch of its sequence from PATH to the next block (one byte a nibble)
 *     code/HASH
 *
 * A state counts from the moment the catalog names it (see `state-catalog.ts`), which is written last. What an import
 * that was cut off has left is dropped when the database is opened. States that have a record here and are not in the
 * catalog are of an older version, or the catalog is damaged: they are read in full, and count if every hash is right.
 */
import { isRootlightError } from '../trie/error.ts'
import type { Path } from '../trie/path.ts'
import { parseCount } from '../wallet/number.ts'
import { badArgument, fieldsOf, reading } from '../wallet/plain.ts'
import { checkDigits, checkPath, checkVerifyOptions } from './check-arguments.ts'
import { damagedTables } from './check-tables.ts'
import { damagedState, isCorruption } from './damage.ts'
import { ServerError } from './error.ts'
import { type Level, openLevel } from './level.ts'
import { diskError } from './platform-error.ts'
import { type CatalogEntry, readCatalog, writeCatalog } from './state-catalog.ts'
import { checkOf, decodeInventory, encodeInventory, type StateInventory } from './state-inventory.ts'
import { type VerifyOptions, verifyState } from './verify-state.ts'

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
  readonly #directory: string
  #catalog: readonly CatalogEntry[]
  /** Settles when the catalog is as the last one that changes it wants it. */
  #changing: Promise<void> = Promise.resolve()
  readonly #damaged: StateInfo[] = []
  #nextId = 0

  private constructor(level: Level<string>, directory: string, catalog: readonly CatalogEntry[]) {
    this.#level = level
    this.#directory = directory
    this.#catalog = catalog
  }

  /**
   * Opens or creates the database in `directory`. States that an older version wrote are verified first, with `options`.
   * Throws `badArgument`, `missingPackage`, `databaseInUse`, `diskFull` or `badDatabase`.
   */
  static async open(directory: string, given: VerifyOptions = {}): Promise<StateDatabase> {
    checkPath('directory', directory)
    const options = checkVerifyOptions(given)
    options.signal?.throwIfAborted()
    const catalog = await readCatalog(directory)
    await refuseDamagedTables(directory)
    // Where there are states and LevelDB does not find itself, it would begin anew and delete all that is there.
    const level = await openLevel<string>(directory, 'utf8', !Array.isArray(catalog) || catalog.length === 0)
    try {
      const database = new StateDatabase(level, directory, typeof catalog === 'string' ? [] : catalog)
      await database.#reconcile(options)
      if (typeof catalog === 'string') await database.#changeCatalog((entries) => entries)
      return database
    } catch (error) {
      await level.close()
      throw diskError(`cannot open ${directory}`, error)
    }
  }

  /** `value`, if it is a database: what only stands for one, a proxy or one of another copy of this package, is none. Throws `badArgument`. */
  static check(value: unknown): StateDatabase {
    const expected = 'a StateDatabase'
    const isOne = reading(
      'database',
      expected,
      value,
      () => typeof value === 'object' && value !== null && #level in value,
    )
    if (!isOne) throw badArgument('database', expected, value)
    return value as StateDatabase
  }

  /** The complete states, oldest first. Whether one of them is damaged shows when its {@link inventory} or it is read. */
  async states(): Promise<StateInfo[]> {
    return this.#catalog.map(({ inventory: _, ...info }) => info)
  }

  /** States of an older version of which something was missing or wrong when the database was opened: they do not count. */
  get damaged(): readonly StateInfo[] {
    return this.#damaged
  }

  /** Takes a number for a state that is about to be written. */
  async begin(): Promise<number> {
    const id = this.#nextId++
    await this.#putState(id, { complete: false })
    return id
  }

  async write(batch: Write[]): Promise<void> {
    await this.#writing(this.#level.batch(batch))
  }

  /** From here on the state counts. All of its blocks and codes have been written. */
  async complete(info: StateInfo, inventory: StateInventory): Promise<void> {
    const { id, ...state } = info
    const value = encodeInventory(inventory)
    await this.#writing(this.#level.put(inventoryKey(id), value))
    await this.#putState(id, { complete: true, ...state })
    const entry = { ...info, inventory: checkOf(value) }
    await this.#changeCatalog((entries) => [...without(entries, id), entry].sort((a, b) => a.id - b.id))
  }

  /** Deletes a state. Its codes stay: others may share them. */
  async drop(id: number): Promise<void> {
    parseCount('id', id)
    if (this.#catalog.some((entry) => entry.id === id)) {
      await this.#changeCatalog((entries) => without(entries, id))
    }
    await this.#writing(this.#level.del(stateKey(id)))
    try {
      await this.#level.del(inventoryKey(id))
      await this.#level.clear({ gte: blockKey(id, '' as Path), lt: `${blockPrefix(id)}~` })
    } catch (error) {
      // What lies in a damaged table cannot be listed, so it stays and takes room; its number is not used again.
      if (!isCorruption(error)) throw diskError('cannot delete a state', error)
    }
  }

  /**
   * What a complete state consists of. Throws `damagedState` where the list is damaged, or names a block or a code that is
   * not there; the bytes of those that are there are not read.
   */
  async inventory(info: StateInfo): Promise<StateInventory> {
    checkInfo(info)
    const entry = this.#catalog.find(({ id }) => id === info.id)
    const value = await this.#reading(info, this.#level.get(inventoryKey(info.id)))
    if (entry === undefined || value === undefined || checkOf(value) !== entry.inventory) {
      throw damagedState(info, value === undefined ? 'its inventory is missing' : 'its inventory is damaged')
    }
    const inventory = decodeInventory(value)
    const blocks = new Set(await this.#reading(info, this.blockStarts(info.id)))
    const missing = inventory.starts.find((start) => !blocks.has(start))
    if (missing !== undefined) throw damagedState(info, `its block at '${missing}' is missing`)
    const codes = await this.#reading(info, this.#hasCodes(inventory.codes))
    if (codes.includes(false)) throw damagedState(info, 'a code is missing')
    return inventory
  }

  /** Where the blocks of a state begin, in path order. */
  async blockStarts(id: number): Promise<Path[]> {
    parseCount('id', id)
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

  #hasCodes(hashes: Uint8Array): Promise<boolean[]> {
    const keys: string[] = []
    for (let at = 0; at < hashes.length; at += 32) keys.push(codeKey(hashes.subarray(at, at + 32)))
    return this.#level.hasMany(keys)
  }

  /** Drops what is unfinished, and takes up what is complete and not in the catalog. */
  async #reconcile(options: VerifyOptions): Promise<void> {
    this.#nextId = Math.max(-1, ...this.#catalog.map(({ id }) => id)) + 1
    const counted = new Set(this.#catalog.map(({ id }) => id))
    for (const [id, stored] of await this.#stored()) {
      this.#nextId = Math.max(this.#nextId, id + 1)
      if (counted.has(id)) continue
      if (stored?.complete) await this.#takeUp(id, stored, options)
      else await this.drop(id)
    }
  }

  async #takeUp(id: number, { complete: _, ...state }: StoredState, options: VerifyOptions): Promise<void> {
    const info = { id, ...state } as StateInfo
    try {
      await this.complete(info, await verifyState(this, info, options))
    } catch (error) {
      if (!isRootlightError(error, 'damagedState')) throw error
      this.#damaged.push(info)
    }
  }

  /** The records of states; `undefined`: one that cannot be read. */
  async #stored(): Promise<[number, StoredState | undefined][]> {
    const list: [number, StoredState | undefined][] = []
    const iterator = this.#level.iterator<string, string>({ gt: STATE, lt: `${STATE}~`, valueEncoding: 'utf8' })
    try {
      for await (const [key, text] of iterator) {
        const id = /^[0-9a-f]{8}$/.test(key.slice(STATE.length)) ? Number.parseInt(key.slice(STATE.length), 16) : -1
        if (id >= 0) list.push([id, parsed(text)])
      }
    } catch (error) {
      // What the catalog names is looked for there; what it does not name cannot be found any more.
      if (!isCorruption(error)) throw error
    }
    return list
  }

  #putState(id: number, stored: StoredState): Promise<void> {
    const put = this.#level.put<string, StoredState>(stateKey(id), stored, { valueEncoding: 'json', sync: true })
    return this.#writing(put)
  }

  /** Several imports may end at once: each changes what the one before has written. */
  #changeCatalog(change: (entries: readonly CatalogEntry[]) => readonly CatalogEntry[]): Promise<void> {
    const changed = this.#changing.then(async () => {
      const entries = change(this.#catalog)
      await writeCatalog(this.#directory, entries)
      this.#catalog = entries
    })
    this.#changing = changed.catch(() => {}) // told to whoever asked for it
    return changed
  }

  async #writing(write: Promise<void>): Promise<void> {
    try {
      await write
    } catch (error) {
      throw diskError(`cannot write to ${this.#directory}`, error)
    }
  }

  async #reading<T>(info: StateInfo, read: Promise<T>): Promise<T> {
    try {
      return await read
    } catch (error) {
      throw isCorruption(error) ? damagedState(info, 'the database is corrupt', error) : error
    }
  }
}

/** Those of its fields that it is found by, and told by in errors. */
function checkInfo(info: unknown): void {
  const { id, root, label } = fieldsOf('a state', info, ['id', 'root', 'label'], 'one of StateDatabase.states()')
  parseCount('id', id)
  checkDigits('root', root)
  if (typeof label !== 'string') throw badArgument('label', 'text', label)
}

async function refuseDamagedTables(directory: string): Promise<void> {
  const [damaged] = await damagedTables(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [] // it is made in a moment
    throw diskError(`cannot read ${directory}`, error)
  })
  if (damaged === undefined) return
  const cause = Object.assign(new Error(`Corruption: ${damaged} is not a table`), { code: 'LEVEL_CORRUPTION' })
  throw new ServerError('badDatabase', `cannot open ${directory}: ${damaged} is damaged`, {
    details: { directory },
    cause,
  })
}

const STATE = 'state/'

function stateKey(id: number): string {
  return STATE + hexOf(id)
}

function inventoryKey(id: number): string {
  return `inventory/${hexOf(id)}`
}

function blockPrefix(id: number): string {
  return `block/${hexOf(id)}/`
}

/** The key of the block of state `id` that begins at `start`. */
export function blockKey(id: number, start: Path): string {
  return blockPrefix(id) + start
}

/** The key of a code. */
export function codeKey(hash: Uint8Array): string {
  return `code/${Buffer.from(hash).toString('hex')}`
}

function hexOf(id: number): string {
  return id.toString(16).padStart(8, '0')
}

function parsed(text: string): StoredState | undefined {
  try {
    return JSON.parse(text) as StoredState
  } catch {
    return undefined // damaged: the caller drops it, unless the catalog knows better
  }
}

function without(entries: readonly CatalogEntry[], id: number): readonly CatalogEntry[] {
  return entries.filter((entry) => entry.id !== id)
}
