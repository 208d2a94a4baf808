/**
 * Checks that all patches apply. A patch which does not apply tests nothing, and `npm run mutants` is no part of the
 * test command.
 */
import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const PATCHES = dirname(fileURLToPath(import.meta.url))
const REPOSITORY = join(PATCHES, '../../..')
const run = promisify(execFile)

test('default: each mutant can be made of the source as it is', async () => {
  const patches = (await readdir(PATCHES)).filter((name) => name.endsWith('.patch'))
  expect(patches.length).toBeGreaterThan(0)
  const applies = async (patch: string) => {
    const apply = run('git', ['apply', '--check', join(PATCHES, patch)], { cwd: REPOSITORY })
    return apply.then(() => true).catch(() => false)
  }
  const broken: string[] = []
  for (const patch of patches) if (!(await applies(patch))) broken.push(patch)
  expect(broken).toEqual([])
})
