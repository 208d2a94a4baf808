import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { knownGenesis } from './genesis.ts'
import { StateDirectory, type WantedState } from './state-directory.ts'
import { temporaryDirectory } from './temporary.suite.ts'

const generated: WantedState = { generate: { accounts: 20, seed: 1 } }
const alloc = (balance: string) => JSON.stringify({ alloc: { ['00'.repeat(20)]: { balance } } })

describe('StateDirectory', () => {
  test('default: what is wanted is imported once, and there when it is opened again', async () => {
    const path = await temporaryDirectory()
    const first = await StateDirectory.open(path)
    const info = await first.ensure({ genesis: 'hoodi' })
    expect(info).toMatchObject({ label: 'hoodi', chainId: 560048, root: knownGenesis('hoodi')!.root })
    expect(await first.ensure({ genesis: 'hoodi' })).toEqual(info)
    await first.close()
    const again = await StateDirectory.open(path)
    expect(await again.ensure({ genesis: 'hoodi' })).toEqual(info)
    await again.close()
  })

  test('behavior: sources are those that are wanted, in that order, or all that are there', async () => {
    const directory = await StateDirectory.open(await temporaryDirectory())
    const labels = async (wanted?: WantedState[]) => (await directory.sources(wanted)).map(({ info }) => info.label)
    expect(await labels([generated, { genesis: 'sepolia' }])).toEqual(['generated, 20 accounts, seed 1', 'sepolia'])
    expect(await labels([{ genesis: 'sepolia' }])).toEqual(['sepolia'])
    expect(await labels()).toHaveLength(2)
    await directory.close()
  })

  test('behavior: a genesis file that was changed is another state', async () => {
    const path = await temporaryDirectory()
    const genesis = join(path, 'genesis.json')
    const directory = await StateDirectory.open(join(path, 'data'))
    await writeFile(genesis, alloc('1'))
    const before = await directory.ensure({ genesis })
    expect(await directory.ensure({ genesis })).toEqual(before)
    await writeFile(genesis, alloc('10'))
    expect((await directory.ensure({ genesis })).root).not.toBe(before.root)
    await directory.close()
  })

  test('behavior: without a path it is temporary', async () => {
    const directory = await StateDirectory.open()
    const [source] = await directory.sources([generated])
    expect(source!.info.accounts).toBe(20)
    await directory.close()
  })

  test('behavior: the private key is made once, and for its owner only', async () => {
    const path = await temporaryDirectory()
    const directory = await StateDirectory.open(path)
    const key = await directory.privateKey()
    expect(await directory.privateKey()).toEqual(Buffer.from(key))
    expect(await readFile(join(path, 'identity'))).toEqual(Buffer.from(key))
    await directory.close()
  })

  test('behavior: what a killed import has left to sort is deleted', async () => {
    const path = await temporaryDirectory()
    await mkdir(join(path, 'scratch', 'sort-0'), { recursive: true })
    await (await StateDirectory.open(path)).close()
    expect(existsSync(join(path, 'scratch'))).toBe(false)
  })

  test('error: rootMismatch, also of a state that is there already', async () => {
    const directory = await StateDirectory.open(await temporaryDirectory())
    const wanted = { genesis: 'sepolia', root: '11'.repeat(32) }
    const { root } = knownGenesis('sepolia')!
    const details = { got: root, expected: wanted.root }
    await expect(directory.ensure(wanted)).rejects.toMatchObject({ code: 'rootMismatch', details })
    await directory.ensure({ genesis: 'sepolia' })
    await expect(directory.ensure(wanted)).rejects.toMatchObject({ code: 'rootMismatch', details })
    await directory.close()
  })

  test('error: badDatabase where there is no state, unknownGenesis where there is no file', async () => {
    const directory = await StateDirectory.open(await temporaryDirectory())
    await expect(directory.sources()).rejects.toMatchObject({ code: 'badDatabase' })
    await expect(directory.ensure({ genesis: 'ropsten' })).rejects.toMatchObject({ code: 'unknownGenesis' })
    await directory.close()
  })
})
