/**
 * Finds the official request and response pairs of ethereum/execution-apis, which this repository does not contain. The
 * directory has one folder for each method, with `.io` files, and beside them the chain that the pairs were made on.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Exchange, parseExchanges } from './parse-exchanges.ts'

/** The environment variable that names the folder `vectors`; without it: `shared/vectors` beside the repository. */
const VARIABLE = 'ROOTLIGHT_VECTORS'
/** Of a plain checkout, and of a checkout that is one of several worktrees in a folder. */
const DEFAULTS = ['../../../../shared/vectors', '../../../../../shared/vectors'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
)

/** The folder of the pairs; `null`: they are not on this machine. */
export const VECTORS: string | null = findVectors()

/** For titles of tests that are skipped. */
export const NO_VECTORS = `the official pairs are absent: set ${VARIABLE}, or put them into ../shared/vectors`

/** One `.io` file. */
export interface VectorFile {
  /** Without its extension. */
  readonly name: string
  readonly exchanges: readonly Exchange[]
}

/** All files of a method, by name; none where the method has no folder here. */
export function vectorsOf(method: string): readonly VectorFile[] {
  const folder = join(VECTORS ?? '', method)
  if (VECTORS === null || !existsSync(folder)) return []
  const names = readdirSync(folder).filter((name) => name.endsWith('.io'))
  return names.sort().map((name) => ({
    name: basename(name, '.io'),
    exchanges: parseExchanges(readFileSync(join(folder, name), 'utf8')),
  }))
}

/** A file beside the pairs. Throws where it is absent: ask {@link VECTORS} first. */
export function readVectorFile(name: string): Uint8Array {
  if (VECTORS === null) throw new Error(NO_VECTORS)
  return readFileSync(join(VECTORS, name))
}

function findVectors(): string | null {
  const named = process.env[VARIABLE]
  const folders = (named === undefined ? DEFAULTS : [named]).map((folder) => join(folder, 'rpc-compat'))
  const found = folders.find((folder) => existsSync(join(folder, 'chain.rlp')))
  // Tests must say it themselves, and a wrong variable is a mistake.
  if (named !== undefined && found === undefined) throw new Error(`${VARIABLE}: there is no rpc-compat in ${named}`)
  return found ?? null
}
