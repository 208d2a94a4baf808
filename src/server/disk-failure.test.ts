/** Failures of the disk at every step of a data directory's work: each one is coded, and hides nothing else. */
import { existsSync } from 'node:fs'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { damagedTables } from './check-tables.ts'
import { type Level, openLevel } from './level.ts'
import { repairDatabase } from './repair-database.ts'
import { Sorter } from './sorter.ts'
import { StateDatabase } from './state-database.ts'
import { StateDirectory } from './state-directory.ts'
import { recordsOf } from './state-record.ts'
import { generateAccounts } from './synthetic.ts'
import { importInto, temporaryDatabase, temporaryDirectory } from './temporary.suite.ts'

/** The steps of LevelDB that fail, by name, in databases opened from now on. */
const { failing } = vi.hoisted(() => ({
  failing: { steps: new Set<string>(), directory: '', removal: null as string | null },
}))

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>()
  return {
    ...real,
    rm: async (path: string, options: object) => {
      if (failing.removal !== null && path.includes(failing.removal)) {
        throw Object.assign(new Error(`EIO: i/o error, rm '${path}'`), { code: 'EIO', syscall: 'rm' })
      }
      await real.rm(path, options)
    },
  }
})

vi.mock('./level.ts', async (original) => {
  const real = await original<typeof import('./level.ts')>()
  // LevelDB's own form of the error, without its number.
  const full = () =>
    Object.assign(new Error('IO error: 000003.log: No space left on device'), { code: 'LEVEL_IO_ERROR' })
  const guarded = <T extends object>(object: T): T =>
    new Proxy(object, {
      get: (target, name) => {
        const field = Reflect.get(target, name, target)
        if (typeof field !== 'function') return field
        return (...args: unknown[]) => {
          if (failing.steps.has(String(name))) {
            // A real database would stay locked.
            return name === 'close'
              ? field.apply(target, args).then(() => Promise.reject(full()))
              : Promise.reject(full())
          }
          const result = field.apply(target, args)
          return name === 'iterator' || name === 'keys' ? guarded(result as object) : result
        }
      },
    })
  return {
    ...real,
    openLevel: async (directory: string, ...rest: ['view']): Promise<Level<Uint8Array>> => {
      const level = await real.openLevel<Uint8Array>(directory, ...rest)
      return directory.includes(failing.directory) ? guarded(level) : level
    },
  }
})

/** Makes steps fail in databases whose directory contains `directory`. */
function fail(directory: string, ...steps: string[]): void {
  Object.assign(failing, { steps: new Set(steps), directory })
}

/** Makes the deletion of all paths containing `name` fail. */
function keep(name: string): void {
  failing.removal = name
}

// Before the deletions of `temporaryDirectory`, which run when a test ends.
afterEach(() => {
  failing.removal = null
  failing.steps.clear()
})

const records = () => recordsOf(generateAccounts({ accounts: 60, seed: 1 }))

describe('importState', () => {
  test.each(['batch', 'nextv'])('error: a sorter whose %s finds a full disk is diskFull', async (step) => {
    fail('sort-', step)
    await expect(importInto({ records: records(), sortMemoryBytes: 1000 })).rejects.toMatchObject({ code: 'diskFull' })
  })

  test('behavior: a sorter that cannot be cleaned up costs no import, and hides no error', async () => {
    fail('sort-', 'close')
    const { database, info } = await importInto({ records: records(), sortMemoryBytes: 1000 })
    expect(await database.states()).toEqual([info])
    fail('sort-', 'close')
    const wrong = importInto({ database, records: records(), sortMemoryBytes: 1000, expectedRoot: '11'.repeat(32) })
    await expect(wrong).rejects.toMatchObject({ code: 'rootMismatch' })
  })
})

describe('Sorter', () => {
  const spilled = async (directory: string) => {
    const sorter = new Sorter({ directory, memoryBytes: 1 })
    sorter.add(Uint8Array.of(1), Uint8Array.of(2))
    await sorter.spill()
    return sorter
  }

  test('error: close is coded where LevelDB cannot be closed, and deletes the records all the same', async () => {
    fail('sort', 'close')
    const directory = join(await temporaryDirectory(), 'sort')
    const sorter = await spilled(directory)
    await expect(sorter.close()).rejects.toMatchObject({ code: 'diskFull' })
    expect(existsSync(directory)).toBe(false)
  })

  test('error: close is coded where the records cannot be deleted', async () => {
    const sorter = await spilled(join(await temporaryDirectory(), 'sort'))
    keep('sort')
    await expect(sorter.close()).rejects.toMatchObject({ code: 'badDatabase' })
  })
})

describe('StateDatabase', () => {
  test.each<[what: string, step: string, (database: StateDatabase) => Promise<unknown>]>([
    ['a block', 'get', (database) => database.block(0, '' as never)],
    ['a code', 'get', (database) => database.code(new Uint8Array(32))],
    ['the list of blocks', 'all', (database) => database.blockStarts(0)],
  ])('error: a read of %s that fails is coded', async (_, step, read) => {
    fail('', step)
    await expect(read(await temporaryDatabase())).rejects.toMatchObject({ code: 'diskFull' })
  })
})

describe('repairDatabase', () => {
  test('error: what LevelDB has replaced, or a damaged table, cannot be deleted: badDatabase', async () => {
    const directory = await temporaryDirectory()
    await (await StateDatabase.open(directory)).close()
    keep('lost')
    await expect(repairDatabase(directory)).rejects.toMatchObject({ code: 'badDatabase' })
    await writeFile(join(directory, '000009.ldb'), new Uint8Array(100))
    keep('000009.ldb')
    await expect(repairDatabase(directory)).rejects.toMatchObject({ code: 'badDatabase' })
  })

  test('error: a table that cannot be read, or deleted, is badDatabase', async () => {
    const directory = await temporaryDirectory()
    await mkdir(join(directory, '000005.ldb'))
    await expect(damagedTables(directory)).rejects.toMatchObject({ code: 'badDatabase' })
    await expect(repairDatabase(directory)).rejects.toMatchObject({ code: 'badDatabase' })
    const file = join(directory, 'file')
    await writeFile(file, '')
    await expect(damagedTables(file)).rejects.toMatchObject({ code: 'badDatabase' })
  })
})

describe('StateDirectory', () => {
  test('error: a database that cannot be closed lets go of the identity and of the temporary directory', async () => {
    const path = await temporaryDirectory()
    fail(join(path, 'state'), 'close')
    const directory = await StateDirectory.open(path)
    await directory.privateKey()
    await expect(directory.close()).rejects.toMatchObject({ code: 'diskFull' })
    failing.steps.clear()
    const level = await openLevel(join(path, 'identity.lock'), 'utf8') // nobody holds it
    await level.close()

    const temporary = await temporaryDirectory()
    vi.stubEnv('TMPDIR', temporary)
    onTestFinished(() => void vi.unstubAllEnvs())
    fail('rootlight-', 'close')
    const passing = await StateDirectory.open()
    expect(await readdir(temporary)).toHaveLength(1)
    await expect(passing.close()).rejects.toMatchObject({ code: 'diskFull' })
    expect(await readdir(temporary)).toEqual([])
  })

  test('error: remains of an import that cannot be deleted are badDatabase, and the database is closed again', async () => {
    const path = await temporaryDirectory()
    keep('scratch')
    await expect(StateDirectory.open(path)).rejects.toMatchObject({ code: 'badDatabase' })
    failing.removal = null
    await (await StateDirectory.open(path)).close()
  })

  test('error: a temporary directory that cannot be deleted is badDatabase', async () => {
    const directory = await StateDirectory.open()
    keep('rootlight-')
    await expect(directory.close()).rejects.toMatchObject({ code: 'badDatabase' })
    failing.removal = null
  })

  test('error: damagedState where only states of an older version are there, and damaged', async () => {
    const path = await temporaryDirectory()
    const first = await StateDirectory.open(path)
    const info = await first.ensure({ generate: { accounts: 20, seed: 1 } })
    await first.close()
    const level = await openLevel<string>(join(path, 'state'), 'utf8')
    for (const key of await level.keys({ gt: 'block/', lt: 'block0' }).all()) await level.del(key)
    await level.close()
    await rm(join(path, 'state', 'CATALOG')) // as an older version has left it
    const again = await StateDirectory.open(path)
    onTestFinished(() => again.close())
    expect(again.database.damaged).toMatchObject([{ label: info.label }])
    const details = { label: info.label, root: info.root }
    await expect(again.sources()).rejects.toMatchObject({ code: 'damagedState', details })
  })
})
