/**
 * A data directory: the database, room for the sorter, and the server's identity. Imports wanted states if they are
 * missing or damaged. Without a path the directory is temporary, and deleted at the end.
 */

import { rm, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { isRootlightError } from '../runtime/error.ts'
import { createFastKeccak } from '../trie/fast-keccak.ts'
import { checkPath, checkVerifyOptions } from './check-arguments.ts'
import { checkEnsureOptions, checkOpenOptions, checkWanted, checkWantedList } from './check-import.ts'
import { damagedState } from './damage.ts'
import { ServerError } from './error.ts'
import { knownGenesis, knownGenesisRecords } from './genesis.ts'
import { encodeGenesisHeader } from './genesis-block.ts'
import { genesisFile } from './genesis-file.ts'
import { type HeldIdentity, holdIdentity } from './identity.ts'
import type { EnsureOptions, ImportOptions, OpenOptions, WantedState } from './import-options.ts'
import { importState } from './importer.ts'
import { LevelSource } from './level-source.ts'
import { makeDirectory, makeTemporary, removeTemporary } from './make-directory.ts'
import type { VerifyOptions } from './options.ts'
import { onDisk } from './platform-error.ts'
import { isDamagedDatabase, repairDatabase } from './repair-database.ts'
import { StateDatabase } from './state-database.ts'
import type { StateInfo } from './state-info.ts'
import { recordsOf } from './state-record.ts'
import { generateAccounts, syntheticBlock } from './synthetic.ts'
import { verifyStored } from './verify-state.ts'

/** A data directory of a server. Opened by {@link StateDirectory.open}. */
export class StateDirectory {
  #database: StateDatabase
  readonly #path: string
  readonly #isTemporary: boolean
  readonly #onDamage: (error: ServerError) => void
  #identity: Promise<HeldIdentity> | undefined

  private constructor(database: StateDatabase, path: string, isTemporary: boolean, { onDamage }: OpenOptions) {
    this.#database = database
    this.#path = path
    this.#isTemporary = isTemporary
    this.#onDamage = onDamage ?? (() => {})
  }

  /** The open database of the directory. */
  get database(): StateDatabase {
    return this.#database
  }

  /** Opens or creates the data directory. Throws `badArgument`, `missingPackage`, `databaseInUse`, `diskFull` or `badDatabase`. */
  static async open(path?: string, given: OpenOptions = {}): Promise<StateDirectory> {
    if (path !== undefined) checkPath('path', path)
    const options = checkOpenOptions(given)
    options.signal?.throwIfAborted()
    if (path !== undefined && options.mustExist) await mustExist(path)
    const directory = path ?? (await makeTemporary())
    try {
      await makeDirectory(directory)
      await makeDirectory(join(directory, DATABASE))
      const database = await openDatabase(join(directory, DATABASE), options)
      await removeRemains(join(directory, SCRATCH)).catch(async (error: unknown) => {
        await database.close()
        throw error
      })
      for (const info of database.damaged) options.onDamage?.(damagedState(info, WHAT_IS_DAMAGED))
      return new StateDirectory(database, directory, path === undefined, options)
    } catch (error) {
      if (path === undefined) await removeTemporary(directory).catch(() => {}) // the exit of the process tries again
      throw error
    }
  }

  /**
   * Returns the wanted state, after an import if missing or damaged. Throws the errors of {@link importState}, and
   * `unknownGenesis`.
   */
  async ensure(wanted: WantedState, options: EnsureOptions = {}): Promise<StateInfo> {
    return this.#ensure(checkWanted(wanted), checkEnsureOptions(options))
  }

  async #ensure(wanted: WantedState, options: EnsureOptions): Promise<StateInfo> {
    options.signal?.throwIfAborted()
    const source = await sourceOf(wanted)
    const there = (await this.database.states()).find((state) => state.label === source.label)
    if (there === undefined) return this.#import(wanted, options)
    if (!(await this.#isWhole(there, options))) return this.#import(wanted, options, there.id)
    if (source.expectedRoot !== undefined && source.expectedRoot !== there.root) {
      const message = `${there.label}: the state has root 0x${there.root}, expected 0x${source.expectedRoot}`
      throw new ServerError('rootMismatch', message, { details: { got: there.root, expected: source.expectedRoot } })
    }
    return there
  }

  /**
   * Returns sources of the wanted states, in the same order; without wanted states, sources of all undamaged ones.
   * Throws `badDatabase` if there is no state, and `damagedState` if all are damaged.
   */
  async sources(given: readonly WantedState[] = [], options: EnsureOptions = {}): Promise<LevelSource[]> {
    const wanted = checkWantedList(given)
    checkEnsureOptions(options)
    if (wanted.length === 0) return this.#wholeSources()
    const states: StateInfo[] = []
    for (const state of wanted) states.push(await this.ensure(state, options))
    return Promise.all(states.map((state) => LevelSource.open(this.database, state)))
  }

  /**
   * Verifies all states in full. Returns the undamaged ones, and reports the others to `onDamage`. Throws `badDatabase`
   * if there is no state.
   */
  async verify(given: VerifyOptions = {}): Promise<{ whole: StateInfo[]; damaged: number }> {
    const options = checkVerifyOptions(given)
    options.signal?.throwIfAborted()
    const states = await this.database.states()
    const whole: StateInfo[] = []
    for (const info of states) if (await this.#isWhole(info, { ...options, verify: true })) whole.push(info)
    const damaged = states.length - whole.length + this.database.damaged.length
    if (states.length + damaged === 0) throw this.#empty()
    return { whole, damaged }
  }

  /**
   * Returns the server's private key, made once, so the peer id stays the same. No other process can hold the key until
   * {@link close}. Throws `databaseInUse` while another process holds the key, `badIdentity`, `unreadable`,
   * `missingPackage`, `diskFull` or `badDatabase`.
   */
  async privateKey(): Promise<Uint8Array> {
    this.#identity ??= holdIdentity(this.#path).catch((error: unknown) => {
      this.#identity = undefined // the holder may be gone at the next call
      throw error
    })
    return (await this.#identity).privateKey
  }

  /**
   * Closes the database, releases the identity, and deletes a temporary directory, each also after a failure of the
   * others. Rejects with the last failure, `diskFull` or `badDatabase`.
   */
  async close(): Promise<void> {
    try {
      await this.database.close()
    } finally {
      try {
        const identity = await this.#identity?.catch(() => undefined) // the caller of privateKey got the error
        this.#identity = undefined
        await identity?.release()
      } finally {
        if (this.#isTemporary) await removeTemporary(this.#path)
      }
    }
  }

  async #wholeSources(): Promise<LevelSource[]> {
    const sources: LevelSource[] = []
    let damage: unknown
    for (const info of await this.database.states()) {
      const source = await LevelSource.open(this.database, info).catch((error: unknown) => {
        this.#meetDamage(error)
        damage = error
      })
      if (source !== undefined) sources.push(source)
    }
    if (sources.length > 0) return sources
    const [older] = this.database.damaged
    throw damage ?? (older === undefined ? this.#empty() : damagedState(older, WHAT_IS_DAMAGED))
  }

  /** True if no block or code of a state is missing and, with `verify`, if every hash is right. */
  async #isWhole(info: StateInfo, { verify, ...options }: EnsureOptions): Promise<boolean> {
    try {
      if (verify) await verifyStored(this.database, info, options)
      else await this.database.inventory(info)
      return true
    } catch (error) {
      this.#meetDamage(error)
      return false
    }
  }

  #meetDamage(error: unknown): void {
    if (!isRootlightError(error, 'damagedState')) throw error
    this.#onDamage(error as ServerError)
  }

  async #import(wanted: WantedState, options: EnsureOptions, replaced?: number): Promise<StateInfo> {
    let made: StateInfo | undefined
    try {
      made = await this.#importOnce(wanted, options, replaced)
      await this.database.inventory(made)
      return made
    } catch (error) {
      if (!isDamagedDatabase(error) && !isRootlightError(error, 'damagedState')) throw error
      // A damaged table blocks writes, and reads beside it. So all readable data is moved to new tables first.
      await this.database.close()
      const directory = join(this.#path, DATABASE)
      await repairDatabase(directory)
      this.#database = await StateDatabase.open(directory, options)
      if (made !== undefined) await this.database.drop(made.id)
      return this.#importOnce(wanted, options, replaced)
    }
  }

  async #importOnce(wanted: WantedState, options: EnsureOptions, replaced?: number): Promise<StateInfo> {
    if (replaced !== undefined) await this.database.drop(replaced)
    const source = await sourceOf(wanted)
    const scratchDirectory = join(this.#path, SCRATCH)
    const info = await importState({ ...source, ...options, database: this.database, scratchDirectory })
    for (const { id, label } of this.database.damaged) if (label === source.label) await this.database.drop(id)
    return info
  }

  #empty(): ServerError {
    return new ServerError('badDatabase', `${this.#path} holds no state`, { details: { path: this.#path } })
  }
}

const DATABASE = 'state'
/** The damage of a state of an older version, found when the database was opened. */
const WHAT_IS_DAMAGED = 'some of it is missing or wrong'
const SCRATCH = 'scratch'

/** Deletes what a killed import has left to sort. */
function removeRemains(directory: string): Promise<void> {
  return onDisk(`cannot delete ${directory}`, rm(directory, { recursive: true, force: true }))
}

async function mustExist(path: string): Promise<void> {
  const found = await stat(join(path, DATABASE)).catch(() => undefined) // opening reports any other problem
  if (found === undefined) throw new ServerError('badDatabase', `${path} holds no state`, { details: { path } })
}

async function openDatabase(directory: string, { repair, ...options }: OpenOptions): Promise<StateDatabase> {
  try {
    return await StateDatabase.open(directory, options)
  } catch (error) {
    if (!isDamagedDatabase(error)) throw error
    if (!repair) throw withAdvice(directory, error as ServerError)
    await repairDatabase(directory)
    return StateDatabase.open(directory, options)
  }
}

function withAdvice(directory: string, { message, details, cause }: ServerError): ServerError {
  const advice = 'rootlight import repairs it'
  return new ServerError('badDatabase', `${message} (${advice})`, { details: { ...details, directory }, cause })
}

type StateImport = Pick<ImportOptions, 'label' | 'records' | 'chainId' | 'header' | 'expectedRoot'>

async function sourceOf(wanted: WantedState): Promise<StateImport> {
  if ('generate' in wanted) {
    const { accounts, seed } = wanted.generate
    const keccak = await createFastKeccak()
    const records = recordsOf(generateAccounts({ accounts, seed, keccak }))
    const header = (root: Uint8Array) => encodeGenesisHeader(syntheticBlock(seed), root)
    return { label: `generated, ${accounts} accounts, seed ${seed}`, records, header }
  }
  const expected = wanted.root === undefined ? {} : { expectedRoot: wanted.root }
  const known = knownGenesis(wanted.genesis)
  if (known !== undefined) {
    const { name, chainId, root, block } = known
    return {
      label: name,
      records: knownGenesisRecords(known),
      chainId: () => chainId,
      header: (root) => encodeGenesisHeader(block, root),
      expectedRoot: root,
      ...expected,
    }
  }
  return { label: await labelOfFile(wanted.genesis), ...genesisFile(wanted.genesis), ...expected }
}

/** Returns a label with size and date: a changed file is another state. */
async function labelOfFile(path: string): Promise<string> {
  const { mtimeMs, size } = await stat(path).catch(() => ({ mtimeMs: 0, size: 0 })) // reading reports the problem
  return `${resolve(path)}, ${size} bytes, ${new Date(mtimeMs).toISOString()}`
}
