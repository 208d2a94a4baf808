/**
 * Finds the official request and response pairs of ethereum/execution-apis. This repository does not contain the pairs.
 * Their directory has one folder of `.io` files for each method, and beside these folders the chain of the pairs.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Exchange, parseExchanges } from './parse-exchanges.ts'

/** The environment variable naming the folder `vectors`. If unset: `shared/vectors` beside the repository. */
const VARIABLE = 'ROOTLIGHT_VECTORS'
/** Defaults for a plain checkout, and for a checkout as one of several worktrees in a folder. */
const DEFAULTS = ['../../../../shared/vectors', '../../../../../shared/vectors'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
)

/** The folder of the pairs, or `null` if this machine does not have the pairs. */
export const VECTORS: string | null = findVectors()

/** The title of skipped tests. */
export const NO_VECTORS = `the official pairs are absent: set ${VARIABLE}, or put them into ../shared/vectors`

/** One `.io` file. */
export interface VectorFile {
  /** File name without extension. */
  readonly name: string
  readonly exchanges: readonly Exchange[]
}

/** Returns all files of a method, by name. Returns none if the method has no folder here. */
export function vectorsOf(method: string): readonly VectorFile[] {
  const folder = join(VECTORS ?? '', method)
  if (VECTORS === null || !existsSync(folder)) return []
  const names = readdirSync(folder).filter((name) => name.endsWith('.io'))
  return names.sort().map((name) => ({
    name: basename(name, '.io'),
    exchanges: parseExchanges(readFileSync(join(folder, name), 'utf8')),
  }))
}

/** Reads a file beside the pairs. Throws if the file is absent: check {@link VECTORS} first. */
export function readVectorFile(name: string): Uint8Array {
  if (VECTORS === null) throw new Error(NO_VECTORS)
  return readFileSync(join(VECTORS, name))
}

function findVectors(): string | null {
  const named = process.env[VARIABLE]
  const folders = (named === undefined ? DEFAULTS : [named]).map((folder) => join(folder, 'rpc-compat'))
  const found = folders.find((folder) => existsSync(join(folder, 'chain.rlp')))
  // Absent default folders are no mistake: the skipped tests say so in their titles. A wrong variable is a mistake.
  if (named !== undefined && found === undefined) throw new Error(`${VARIABLE}: there is no rpc-compat in ${named}`)
  return found ?? null
}
