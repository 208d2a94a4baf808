/**
 * A data directory: the database, room for the sorter, and the server's identity. Brings the states that are wanted into
 * it, unless they are there already. Without a path it is temporary and is deleted at the end.
 */
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createFastKeccak } from '../trie/keccak.ts'
import { ServerError } from './error.ts'
import { knownGenesis, knownGenesisRecords } from './genesis.ts'
import { encodeGenesisHeader } from './genesis-block.ts'
import { genesisFile } from './genesis-file.ts'
import { identityIn } from './identity.ts'
import { type ImportOptions, type ImportProgress, importState } from './importer.ts'
import { LevelSource } from './level-source.ts'
import { StateDatabase, type StateInfo } from './state-database.ts'
import { recordsOf } from './state-record.ts'
import { generateAccounts, syntheticBlock } from './synthetic.ts'

/** A state that is wanted: a known genesis by its name, a genesis file by its path, or a synthetic state. */
export type WantedState =
  | { readonly genesis: string; readonly root?: string }
  | { readonly generate: { readonly accounts: number; readonly seed: number } }

export interface EnsureOptions {
  readonly onProgress?: (progress: ImportProgress) => void
  readonly signal?: AbortSignal
}

export class StateDirectory {
  readonly database: StateDatabase
  readonly #path: string
  readonly #isTemporary: boolean

  private constructor(database: StateDatabase, path: string, isTemporary: boolean) {
    this.database = database
    this.#path = path
    this.#isTemporary = isTemporary
  }

  /** Opens or creates the data directory. Throws `missingPackage`, `databaseInUse` or `badDatabase`. */
  static async open(path?: string): Promise<StateDirectory> {
    const isTemporary = path === undefined
    const directory = path ?? (await mkdtemp(join(tmpdir(), 'rootlight-')))
    await mkdir(directory, { recursive: true })
    const database = await StateDatabase.open(join(directory, 'state')).catch(async (error: unknown) => {
      if (isTemporary) await rm(directory, { recursive: true, force: true })
      throw error
    })
    await rm(join(directory, SCRATCH), { recursive: true, force: true }) // what a killed import has left
    return new StateDirectory(database, directory, isTemporary)
  }

  /** The wanted state, imported if it is not there. Throws what `importState` does, and `unknownGenesis`. */
  async ensure(wanted: WantedState, options: EnsureOptions = {}): Promise<StateInfo> {
    const source = await sourceOf(wanted)
    const there = (await this.database.states()).find((state) => state.label === source.label)
    if (there === undefined) {
      return importState({
        ...source,
        ...options,
        database: this.database,
        scratchDirectory: join(this.#path, SCRATCH),
      })
    }
    if (source.expectedRoot !== undefined && source.expectedRoot !== there.root) {
      const message = `${there.label}: the state has root 0x${there.root}, expected 0x${source.expectedRoot}`
      throw new ServerError('rootMismatch', message, { details: { got: there.root, expected: source.expectedRoot } })
    }
    return there
  }

  /** Sources of the wanted states, in that order; of all that are there if none is wanted. */
  async sources(wanted: readonly WantedState[] = [], options: EnsureOptions = {}): Promise<LevelSource[]> {
    const states: StateInfo[] = wanted.length > 0 ? [] : await this.database.states()
    for (const state of wanted) states.push(await this.ensure(state, options))
    if (states.length === 0) throw new ServerError('badDatabase', `${this.#path} holds no state`)
    return Promise.all(states.map((state) => LevelSource.open(this.database, state)))
  }

  /** The server's private key, made once, so that its peer id stays the same. */
  privateKey(): Promise<Uint8Array> {
    return identityIn(this.#path)
  }

  async close(): Promise<void> {
    await this.database.close()
    if (this.#isTemporary) await rm(this.#path, { recursive: true, force: true })
  }
}

const SCRATCH = 'scratch'

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

/** A file that was changed is another state. */
async function labelOfFile(path: string): Promise<string> {
  const { mtimeMs, size } = await stat(path).catch(() => ({ mtimeMs: 0, size: 0 })) // reading it tells what is wrong
  return `${resolve(path)}, ${size} bytes, ${new Date(mtimeMs).toISOString()}`
}
