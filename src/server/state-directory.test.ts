import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hexToBytes } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import { keccak256 } from '../trie/keccak.ts'
import { decodeHeader } from '../wallet/header.ts'
import { knownGenesis } from './genesis.ts'
import type { WantedState } from './import-options.ts'
import { StateDirectory } from './state-directory.ts'
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

  test("default: the header of the state's block is kept with it", async () => {
    const path = await temporaryDirectory()
    const genesis = join(path, 'genesis.json')
    await writeFile(
      genesis,
      JSON.stringify({ config: {}, difficulty: 1, gasLimit: 1, alloc: { ['00'.repeat(20)]: { balance: 1 } } }),
    )
    const first = await StateDirectory.open(join(path, 'data'))
    for (const wanted of [{ genesis: 'sepolia' }, generated, { genesis }]) await first.ensure(wanted)
    await first.close()
    const again = await StateDirectory.open(join(path, 'data'))
    const sources = await again.sources()
    expect(sources).toHaveLength(3)
    for (const source of sources) {
      const rlp = hexToBytes(source.info.header!)
      expect(decodeHeader(rlp)).toMatchObject({ number: 0, stateRoot: `0x${source.info.root}` })
      expect(await source.header(keccak256(rlp))).toEqual(rlp)
      expect(await source.header(source.root)).toBeUndefined()
    }
    await again.close()
  })

  test('behavior: the block of a synthetic state is another for another seed, and else the same', async () => {
    const headers: (string | undefined)[] = []
    for (const seed of [1, 1, 2]) {
      const directory = await StateDirectory.open()
      headers.push((await directory.ensure({ generate: { accounts: 20, seed } })).header)
      await directory.close()
    }
    expect(headers[0]).toBeDefined()
    expect(headers.map((header) => header === headers[0])).toEqual([true, true, false])
  })

  test('behavior: a state whose record has no header, as older ones, is served without', async () => {
    const path = await temporaryDirectory()
    const directory = await StateDirectory.open(path)
    const { header: _, ...older } = await directory.ensure(generated)
    const { database } = directory
    await database.complete(older, await database.inventory(older))
    expect(await directory.ensure(generated)).toEqual(older)
    const [source] = await directory.sources()
    expect(await source!.header(source!.root)).toBeUndefined()
    expect(source!.info.accounts).toBe(20)
    await directory.close()
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
    expect(await directory.privateKey()).toEqual(key)
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
