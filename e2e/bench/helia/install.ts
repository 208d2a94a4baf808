/** Installs Helia, a package of its own beside this file: no other benchmark and no test needs its 250 packages. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const FOLDER = fileURLToPath(new URL('.', import.meta.url))

/** Runs `npm ci`, unless npm's own note shows an earlier run. No package's script runs. */
export async function installHelia(): Promise<void> {
  if (existsSync(`${FOLDER}node_modules/.package-lock.json`)) return
  console.error(`npm ci in ${FOLDER}`)
  await promisify(execFile)('npm', ['ci', '--ignore-scripts'], { cwd: FOLDER })
}
