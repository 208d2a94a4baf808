import { readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ServerError } from './error.ts'
import type { WantedState } from './import-options.ts'
import { readCatalog, writeCatalog } from './state-catalog.ts'
import { StateDirectory } from './state-directory.ts'
import { checkOf } from './state-inventory.ts'
import { databaseFiles, temporaryDirectory } from './temporary.suite.ts'

const WANTED: WantedState[] = [{ genesis: 'sepolia' }, { generate: { accounts: 300, seed: 1 } }]

/** Makes a data directory with both states. */
async function filled(): Promise<string> {
  const path = await temporaryDirectory()
  const directory = await StateDirectory.open(path)
  for (const wanted of WANTED) await directory.ensure(wanted)
  await directory.close()
  return path
}

async function labelsOf(path: string) {
  const damage: ServerError[] = []
  const directory = await StateDirectory.open(path, { onDamage: (error) => damage.push(error) })
  const labels = await directory
    .sources()
    .then((sources) => sources.map(({ info }) => info.label))
    .finally(() => directory.close())
  return { labels, damage: damage.map(({ code, details }) => [code, details['label']]) }
}

const BOTH = ['sepolia', 'generated, 300 accounts, seed 1']
const catalogOf = (path: string) => join(path, 'state', 'CATALOG')

describe('the catalog', () => {
  test('behavior: states of a version that had none are verified, and count', async () => {
    const path = await filled()
    const before = await readFile(catalogOf(path))
    await rm(catalogOf(path))
    expect(await labelsOf(path)).toEqual({ labels: BOTH, damage: [] })
    expect(await readFile(catalogOf(path))).toEqual(before)
  })

  test('behavior: states that are imported at once are all in it', async () => {
    const path = await temporaryDirectory()
    const directory = await StateDirectory.open(path)
    const wanted = Array.from({ length: 8 }, (_, seed): WantedState => ({ generate: { accounts: 50, seed } }))
    await Promise.all(wanted.map((one) => directory.ensure(one)))
    await directory.close()
    const { labels, damage } = await labelsOf(path)
    expect(labels.toSorted()).toEqual(wanted.map((_, seed) => `generated, 50 accounts, seed ${seed}`))
    expect(damage).toEqual([])
  })

  test('behavior: one that is damaged is made anew from what is verified', async () => {
    const path = await filled()
    const before = await readFile(catalogOf(path))
    for (let at = 0; at < before.length; at += 97) {
      const changed = Uint8Array.from(before)
      changed[at]! ^= 4
      await writeFile(catalogOf(path), changed)
      expect(await readCatalog(join(path, 'state'))).toBe('damaged')
    }
    await writeFile(catalogOf(path), before.subarray(0, -5))
    expect(await labelsOf(path)).toEqual({ labels: BOTH, damage: [] })
    expect(await readFile(catalogOf(path))).toEqual(before)
  })

  test('behavior: a state of an older version that is damaged does not count, and is told of', async () => {
    const path = await filled()
    const directory = await StateDirectory.open(path)
    const { database } = directory
    const info = (await database.states()).find(({ label }) => label === 'sepolia')!
    const block = Uint8Array.from((await database.block(info.id, (await database.blockStarts(info.id))[0]!))!)
    block[100]! ^= 1
    await database.write([{ type: 'put', key: `block/0000000${info.id}/`, value: block }])
    await directory.close()
    await rm(catalogOf(path))
    expect(await labelsOf(path)).toEqual({ labels: [BOTH[1]], damage: [['damagedState', 'sepolia']] })
    const again = await StateDirectory.open(path)
    expect(await again.verify()).toMatchObject({ damaged: 1, whole: [{ label: BOTH[1] }] })
    await again.ensure({ genesis: 'sepolia' })
    await again.close()
    expect((await labelsOf(path)).damage).toEqual([])
  })

  test('behavior: a log that has lost its end, which LevelDB does not notice, is damage', async () => {
    const path = await filled()
    const log = (await databaseFiles(path)).find((file) => file.endsWith('.log'))!
    await truncate(log, 1000)
    const directory = await StateDirectory.open(path)
    await expect(directory.sources()).rejects.toMatchObject({ code: 'damagedState' })
    await directory.close()
  })

  test('error: badDatabase where LevelDB does not find itself, instead of a new one in its place; import brings all back', async () => {
    const path = await filled()
    await rm(join(path, 'state', 'CURRENT'))
    await expect(StateDirectory.open(path)).rejects.toMatchObject({
      code: 'badDatabase',
      message: expect.stringMatching(/rootlight import repairs it/),
    })
    const directory = await StateDirectory.open(path, { repair: true })
    for (const wanted of WANTED) await directory.ensure(wanted, { verify: true })
    expect(await directory.verify()).toMatchObject({ damaged: 0, whole: [{}, {}] })
    await directory.close()
  })

  test('error: badDatabase for what a newer version wrote', async () => {
    const path = join(await filled(), 'state')
    const body = Buffer.from('{"version":3,"states":[]}\n')
    const check = checkOf(body).toString(16).padStart(8, '0')
    await writeFile(join(path, 'CATALOG'), Buffer.concat([Buffer.from(`rootlight catalog ${check}\n`), body]))
    await expect(readCatalog(path)).rejects.toMatchObject({ code: 'badDatabase', details: { got: 3, expected: 2 } })
  })

  test('behavior: it is there as a whole, or as it was', async () => {
    const path = await temporaryDirectory()
    expect(await readCatalog(path)).toBe('missing')
    await writeCatalog(path, [])
    expect(await readCatalog(path)).toEqual([])
    await expect(writeCatalog(join(path, 'nowhere'), [])).rejects.toMatchObject({ code: 'badDatabase' })
  })
})
