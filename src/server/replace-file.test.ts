import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { replaceFile } from './replace-file.ts'
import { StateDirectory } from './state-directory.ts'
import { temporaryDirectory } from './temporary.suite.ts'

/** The synced and the renamed paths, in order. */
const { done } = vi.hoisted(() => ({ done: [] as string[] }))

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>()
  return {
    ...real,
    open: async (path: string, ...rest: []) => {
      const file = await real.open(path, ...rest)
      const sync = file.sync.bind(file)
      file.sync = async () => {
        await sync()
        done.push(`sync ${path}`)
      }
      return file
    },
    rename: async (from: string, to: string) => {
      await real.rename(from, to)
      done.push(`rename ${to}`)
    },
  }
})

beforeEach(() => {
  done.length = 0
})

describe('replaceFile', () => {
  test('default: the bytes are on the disk before the name is', async () => {
    const directory = await temporaryDirectory()
    const path = join(directory, 'file')
    await writeFile(path, 'old and longer')
    await replaceFile(path, Buffer.from('new'), 0o600)
    expect(await readFile(path, 'utf8')).toBe('new')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(done).toEqual([`sync ${path}.new`, `rename ${path}`, `sync ${directory}`])
  })

  test('error: badDatabase, nothing is left aside, and the old file stays', async () => {
    const directory = await temporaryDirectory()
    await mkdir(join(directory, 'file', 'inside'), { recursive: true }) // a directory cannot be replaced by a file
    const replaced = replaceFile(join(directory, 'file'), Buffer.from('new'))
    await expect(replaced).rejects.toMatchObject({ code: 'badDatabase' })
    expect(await readdir(directory)).toEqual(['file'])
  })

  test('behavior: a data directory puts its catalog and its key on the disk before their names', async () => {
    const path = await temporaryDirectory()
    const directory = await StateDirectory.open(path)
    await directory.privateKey()
    await directory.close()
    for (const file of [join(path, 'identity'), join(path, 'state', 'CATALOG')]) {
      const renamed = done.indexOf(`rename ${file}`)
      expect(done[renamed - 1]).toBe(`sync ${file}.new`)
    }
    expect((await stat(join(path, 'identity'))).mode & 0o777).toBe(0o600)
  })
})
