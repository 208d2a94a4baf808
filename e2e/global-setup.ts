/** Before all tests: builds the pages into a temporary directory and serves them. After all tests: removes both. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildPages, serveDirectory } from './site.ts'

/** The variable with the address of the test page and the demo, for the processes running the tests. */
export const SITE_VARIABLE = 'ROOTLIGHT_E2E_SITE'

export default async function setUp(): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'rootlight-e2e-'))
  await buildPages(directory)
  const site = await serveDirectory(directory)
  process.env[SITE_VARIABLE] = site.url
  return async () => {
    await site.close()
    await rm(directory, { recursive: true, force: true })
  }
}
