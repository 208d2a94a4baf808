/** Writes figures to `results`, with the machine and the commit of the measurement. */
import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { round } from './statistics.ts'

/** Figures and their subject. `name` tells these figures from others of the day. */
export interface Measured {
  readonly name: string
  readonly chromium: string
  readonly figures: object
}

/** Returns the path of the file, which replaces one of the same day and name. */
export async function saveResults({ name, chromium, figures }: Measured): Promise<string> {
  const directory = fileURLToPath(new URL('./results/', import.meta.url))
  const date = new Date().toISOString().slice(0, 10)
  const path = `${directory}${date}-${name}.json`
  // The load of the last quarter of an hour: figures of a busy machine are worth less.
  const load = round(loadavg()[2]!, 1)
  const machine = { cpu: cpus()[0]!.model, cores: cpus().length, load, node: process.version, chromium }
  const file = { date, commit: await commit(), machine, ...figures }
  await mkdir(directory, { recursive: true })
  await writeFile(path, `${JSON.stringify(file, null, 2)}\n`)
  return path
}

/** Returns the commit, with a plus sign if files differ from the commit; `unknown` outside of a repository. */
async function commit(): Promise<string> {
  const git = async (...args: string[]) => (await promisify(execFile)('git', args)).stdout.trim()
  try {
    const changes = await git('status', '--porcelain', '--untracked-files=no')
    return (await git('rev-parse', 'HEAD')) + (changes === '' ? '' : '+')
  } catch {
    return 'unknown'
  }
}
