/** Directories and databases for the tests of this folder, deleted when the test ends. */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { ImportOptions } from './import-options.ts'
import { importState } from './importer.ts'
import { StateDatabase } from './state-database.ts'
import type { StateInfo } from './state-info.ts'

export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'rootlight-test-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return directory
}

/** Returns the files in the database of a data directory: LevelDB's and ours. */
export async function databaseFiles(directory: string): Promise<string[]> {
  const names = await readdir(join(directory, 'state'))
  return names.filter((name) => !/^LO(CK|G)/.test(name)).map((name) => join(directory, 'state', name))
}

/** Opens an empty database, closed when the test ends. */
export async function temporaryDatabase(): Promise<StateDatabase> {
  const database = await StateDatabase.open(await temporaryDirectory())
  onTestFinished(() => database.close())
  return database
}

type Imported = Pick<ImportOptions, 'records'> & Partial<ImportOptions>

/** Imports into a new database, unless `options` name one. */
export async function importInto(options: Imported): Promise<{ database: StateDatabase; info: StateInfo }> {
  const database = options.database ?? (await temporaryDatabase())
  const scratchDirectory = await temporaryDirectory()
  return { database, info: await importState({ label: 'test', scratchDirectory, ...options, database }) }
}
