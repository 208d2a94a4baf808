/**
 * The server's database: any number of states, each as blocks of the node sequence in path order, and the codes of all
 * states together. Keys are text:
 *
 *     state/0000000a             the description of the state with this number, as JSON
 *     inventory/0000000a         the state's blocks and codes, with their checks
 *     block/0000000a/PATH        the part of the sequence from PATH to the next block (one byte a nibble)
 *     code/HASH
 *
 * A state counts once the catalog, written last, names the state (see `state-catalog.ts`). Opening the database drops
 * the remains of an import cut off. A state with a record here, but not in the catalog, comes from an older version, or
 * the catalog is damaged. Such a state is read in full, and counts if every hash is right.
 */
import { isRootlightError } from '../runtime/error.ts'
import type { Path } from '../trie/path.ts'
import { parseCount } from '../wallet/number.ts'
import { badArgument, fieldsOf, reading } from '../wallet/plain.ts'
import { checkDigits, checkPath, checkVerifyOptions } from './check-arguments.ts'
import { damagedTables } from './check-tables.ts'
import { damagedState, isCorruption } from './damage.ts'
import { ServerError } from './error.ts'
import { type Level, openLevel } from './level.ts'
import type { VerifyOptions } from './options.ts'
import { diskError, onDisk } from './platform-error.ts'
import { type CatalogEntry, readCatalog, writeCatalog } from './state-catalog.ts'
import type { StateInfo } from './state-info.ts'
import { checkOf, decodeInventory, encodeInventory, type StateInventory } from './state-inventory.ts'
import { verifyState } from './verify-state.ts'

type StoredState = { readonly complete: false } | ({ readonly complete: true } & Omit<StateInfo, 'id'>)

/** A write of a batch. */
export interface Write {
  readonly type: 'put'
  readonly key: string
  readonly value: Uint8Array
}

/** The LevelDB database of a server, with any number of states. Opened by {@link StateDatabase.open}. */
export class StateDatabase {
  readonly #level: Level<string>
  readonly #directory: string
  #catalog: readonly CatalogEntry[]
  /** Settles when the last change of the catalog is done. */
  #changing: Promise<void> = Promise.resolve()
  readonly #damaged: StateInfo[] = []
  #nextId = 0

  private constructor(level: Level<string>, directory: string, catalog: readonly CatalogEntry[]) {
    this.#level = level
    this.#directory = directory
    this.#catalog = catalog
  }

  /**
   * Opens or creates the database in `directory`. First verifies the states of an older version, with `options`. Throws
   * `badArgument`, `missingPackage`, `databaseInUse`, `diskFull` or `badDatabase`.
   */
  static async open(directory: string, given: VerifyOptions = {}): Promise<StateDatabase> {
    checkPath('directory', directory)
    const options = checkVerifyOptions(given)
    options.signal?.throwIfAborted()
    const catalog = await readCatalog(directory)
    await refuseDamagedTables(directory)
    // With states in the catalog, a missing LevelDB must not be created: it would begin anew and delete all existing
    // files.
    const level = await openLevel<string>(directory, 'utf8', !Array.isArray(catalog) || catalog.length === 0)
    try {
      const database = new StateDatabase(level, directory, typeof catalog === 'string' ? [] : catalog)
      await database.#reconcile(options)
      if (typeof catalog === 'string') await database.#changeCatalog((entries) => entries)
      return database
    } catch (error) {
      await level.close().catch(() => {}) // the first error says more
      throw diskError(`cannot open ${directory}`, error)
    }
  }

  /**
   * Returns `value` if it is a database. A proxy, or an object of another copy of this package, is not. Throws
   * `badArgument`.
   */
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

  /** Returns the complete states, oldest first. Damage shows only when the state or its {@link inventory} is read. */
  async states(): Promise<StateInfo[]> {
    return this.#catalog.map(({ inventory: _, ...info }) => info)
  }

  /** States of an older version found damaged when the database was opened. Such states do not count. */
  get damaged(): readonly StateInfo[] {
    return this.#damaged
  }

  /** Takes a number for a new state. */
  async begin(): Promise<number> {
    const id = this.#nextId++
    await this.#putState(id, { complete: false })
    return id
  }

  /** Writes a batch atomically. Rejects with `diskFull` or `badDatabase`. */
  async write(batch: Write[]): Promise<void> {
    await this.#writing(this.#level.batch(batch))
  }

  /** Makes a state count. All of its blocks and codes must have been written. */
  async complete(info: StateInfo, inventory: StateInventory): Promise<void> {
    const { id, ...state } = info
    const value = encodeInventory(inventory)
    await this.#writing(this.#level.put(inventoryKey(id), value))
    await this.#putState(id, { complete: true, ...state })
    const entry = { ...info, inventory: checkOf(value) }
    await this.#changeCatalog((entries) => [...without(entries, id), entry].sort((a, b) => a.id - b.id))
  }

  /** Deletes a state. The codes stay, because other states may share them. */
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
      // Entries in a damaged table cannot be listed, so they stay and take room. The number is not used again.
      if (!isCorruption(error)) throw diskError('cannot delete a state', error)
    }
  }

  /**
   * Returns the inventory of a complete state. Throws `damagedState` if the inventory is damaged or names a missing
   * block or code. The bytes of blocks and codes are not read.
   */
  async inventory(info: StateInfo): Promise<StateInventory> {
    checkInfo(info)
    const entry = this.#catalog.find(({ id }) => id === info.id)
    const value = await this.#reading(info, this.#read(this.#level.get(inventoryKey(info.id))))
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

  /** Returns the starts of a state's blocks, in path order. */
  async blockStarts(id: number): Promise<Path[]> {
    parseCount('id', id)
    const prefix = blockPrefix(id)
    const keys = await this.#read(this.#level.keys({ gte: prefix, lt: `${prefix}~` }).all())
    return keys.map((key) => key.slice(prefix.length) as Path)
  }

  /** Returns the block of a state starting at `start`, or `undefined`. The bytes are not checked. */
  block(id: number, start: Path): Promise<Uint8Array | undefined> {
    return this.#read(this.#level.get(blockKey(id, start)))
  }

  /** Returns the code with this hash, or `undefined`. The bytes are not checked. */
  code(hash: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#read(this.#level.get(codeKey(hash)))
  }

  /** Closes the database. A later read or write rejects. Rejects with `badDatabase` if LevelDB cannot be closed. */
  close(): Promise<void> {
    return onDisk(`cannot close ${this.#directory}`, this.#level.close())
  }

  #hasCodes(hashes: Uint8Array): Promise<boolean[]> {
    const keys: string[] = []
    for (let at = 0; at < hashes.length; at += 32) keys.push(codeKey(hashes.subarray(at, at + 32)))
    return this.#read(this.#level.hasMany(keys))
  }

  /** Drops unfinished states, and takes up complete states missing in the catalog. */
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

  /** Returns the records of states; `undefined` for an unreadable record. */
  async #stored(): Promise<[number, StoredState | undefined][]> {
    const list: [number, StoredState | undefined][] = []
    const iterator = this.#level.iterator<string, string>({ gt: STATE, lt: `${STATE}~`, valueEncoding: 'utf8' })
    try {
      for await (const [key, text] of iterator) {
        const id = /^[0-9a-f]{8}$/.test(key.slice(STATE.length)) ? Number.parseInt(key.slice(STATE.length), 16) : -1
        if (id >= 0) list.push([id, parsed(text)])
      }
    } catch (error) {
      // The states of the catalog are looked up by number. States outside of the catalog are lost.
      if (!isCorruption(error)) throw error
    }
    return list
  }

  #putState(id: number, stored: StoredState): Promise<void> {
    const put = this.#level.put<string, StoredState>(stateKey(id), stored, { valueEncoding: 'json', sync: true })
    return this.#writing(put)
  }

  /** Changes the catalog. Several imports may end at once, so each change waits for the one before. */
  #changeCatalog(change: (entries: readonly CatalogEntry[]) => readonly CatalogEntry[]): Promise<void> {
    const changed = this.#changing.then(async () => {
      const entries = change(this.#catalog)
      await writeCatalog(this.#directory, entries)
      this.#catalog = entries
    })
    this.#changing = changed.catch(() => {}) // the caller gets the error from `changed`
    return changed
  }

  #writing(write: Promise<void>): Promise<void> {
    return onDisk(`cannot write to ${this.#directory}`, write)
  }

  /** Passes corruption on as it is: the caller knows the damaged state. */
  async #read<T>(read: Promise<T>): Promise<T> {
    try {
      return await read
    } catch (error) {
      throw isCorruption(error) ? error : diskError(`cannot read ${this.#directory}`, error)
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

/** Checks the fields of `info` used for finding a state and for naming the state in errors. */
function checkInfo(info: unknown): void {
  const { id, root, label } = fieldsOf('a state', info, ['id', 'root', 'label'], 'one of StateDatabase.states()')
  parseCount('id', id)
  checkDigits('root', root)
  if (typeof label !== 'string') throw badArgument('label', 'text', label)
}

async function refuseDamagedTables(directory: string): Promise<void> {
  const [damaged] = await damagedTables(directory)
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

/** Returns the key of the block of state `id` beginning at `start`. */
export function blockKey(id: number, start: Path): string {
  return blockPrefix(id) + start
}

/** Returns the key of a code. */
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
    return undefined // damaged: the caller drops the state, unless the catalog names it
  }
}

function without(entries: readonly CatalogEntry[], id: number): readonly CatalogEntry[] {
  return entries.filter((entry) => entry.id !== id)
}
