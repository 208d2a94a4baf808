/**
 * Flips one bit of one file of a data directory. For any bit, no wrong byte is served, no lost state is claimed, and
 * every failure has a code. Then an import restores everything. For more flips: `DAMAGE_FLIPS=200 DAMAGE_SEED=2`.
 */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isRootlightError } from '../runtime/error.ts'
import { seededRandom } from '../testing/random.ts'
import { ROOT_PATH } from '../trie/path.ts'
import { guardDamage } from './damage-guard.ts'
import type { WantedState } from './import-options.ts'
import { StateDirectory } from './state-directory.ts'
import { databaseFiles, temporaryDirectory } from './temporary.suite.ts'

const FLIPS = Number(process.env['DAMAGE_FLIPS'] ?? 12)
const SEED = Number(process.env['DAMAGE_SEED'] ?? 1)
const WANTED: WantedState[] = [
  { generate: { accounts: 1200, seed: 1 } },
  { genesis: 'sepolia' },
  { generate: { accounts: 1200, seed: 2 } },
]

let base: string
let truth: Map<string, string>
let files: string[]

/** Returns a server's answers for each claimed state of `directory`, and the reported damage. */
async function serveAll(directory: string) {
  const damage: string[] = []
  const tell = (error: unknown) => damage.push((error as { code: string }).code)
  const opened = await StateDirectory.open(directory, { mustExist: true, onDamage: tell })
  try {
    const served = new Map<string, string>()
    for (const source of await opened.sources()) {
      const guarded = guardDamage(source, tell)
      const run = await guarded.run(source.root, { path: ROOT_PATH, hash: source.root }, 0, 2 ** 31)
      if (guarded.has(source.root)) served.set(source.info.root, Buffer.from(run).toString('hex'))
    }
    return { served, damage }
  } finally {
    await opened.close()
  }
}

async function flip(file: string, at: number, bit: number): Promise<void> {
  const bytes = await readFile(file)
  bytes[at]! ^= 1 << bit
  await writeFile(file, bytes)
}

async function repair(directory: string) {
  const opened = await StateDirectory.open(directory, { repair: true })
  for (const wanted of WANTED) await opened.ensure(wanted, { verify: true })
  const { whole, damaged } = await opened.verify()
  await opened.close()
  return { whole: whole.map(({ root }) => root).sort(), damaged }
}

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'rootlight-test-'))
  // Opened twice, so there are tables as well as a log.
  for (const wanted of [WANTED.slice(0, 2), WANTED]) {
    const directory = await StateDirectory.open(base)
    for (const state of wanted) await directory.ensure(state)
    await directory.close()
  }
  truth = (await serveAll(base)).served
  files = await databaseFiles(base)
}, 60_000)

afterAll(() => rm(base, { recursive: true, force: true }))

describe('a flipped bit', () => {
  test('default: there are files of every kind', () => {
    const kinds = new Set(files.map((file) => basename(file).replace(/.*\.|-.*/, '')))
    expect([...kinds].sort()).toEqual(['CATALOG', 'CURRENT', 'MANIFEST', 'ldb', 'log'])
    expect(truth.size).toBe(WANTED.length)
  })

  test.each(Array.from({ length: FLIPS }, (_, i) => SEED * 1000 + i))(
    'behavior: seed %i: nothing wrong, nothing silent, and all comes back',
    async (seed) => {
      const random = seededRandom(seed)
      const directory = join(await temporaryDirectory(), 'data')
      await cp(join(base, 'state'), join(directory, 'state'), { recursive: true })
      const file = files[seed % files.length]!
      const { length } = await readFile(file)
      // Often near the end: a table's index and footer are there, and the last writes of a log.
      const at = random() < 0.5 ? random.int(length) : Math.max(0, length - 1 - random.int(400))
      await flip(join(directory, 'state', basename(file)), at, random.int(8))
      try {
        const { served, damage } = await serveAll(directory)
        for (const [root, run] of served) expect(run).toBe(truth.get(root))
        if (served.size < truth.size) expect(damage).not.toEqual([])
      } catch (error) {
        expect(['badDatabase', 'damagedState']).toContain(isRootlightError(error) ? error.code : error)
      }
      expect(await repair(directory)).toEqual({ whole: [...truth.keys()].sort(), damaged: 0 })
      await rm(directory, { recursive: true })
    },
    60_000,
  )
})
