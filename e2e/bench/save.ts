/** Writes figures to `results`, with the machine and the commit that they were measured on. */
import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { BenchOptions } from './options.ts'
import type { RunFigures, Summary } from './summary.ts'

export interface Measured {
  readonly options: BenchOptions
  readonly chromium: string
  readonly runs: readonly RunFigures[]
  readonly summary: Summary
}

/** Returns the path of the file, which replaces one of the same day and size. */
export async function saveResults({ options, chromium, runs, summary }: Measured): Promise<string> {
  const directory = fileURLToPath(new URL('./results/', import.meta.url))
  const date = new Date().toISOString().slice(0, 10)
  const path = `${directory}${date}-${options.accounts}.json`
  const { seed, straight } = options
  const machine = { cpu: cpus()[0]!.model, cores: cpus().length, node: process.version, chromium }
  const file = { date, commit: await commit(), machine, seed, straight, summary, runs }
  await mkdir(directory, { recursive: true })
  await writeFile(path, `${JSON.stringify(file, null, 2)}\n`)
  return path
}

/** The commit, with a plus sign if files differ from it; `unknown` outside of a repository. */
async function commit(): Promise<string> {
  const git = async (...args: string[]) => (await promisify(execFile)('git', args)).stdout.trim()
  try {
    const changes = await git('status', '--porcelain', '--untracked-files=no')
    return (await git('rev-parse', 'HEAD')) + (changes === '' ? '' : '+')
  } catch {
    return 'unknown'
  }
}
