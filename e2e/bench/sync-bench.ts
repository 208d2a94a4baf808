/**
 * `npm run bench -- sync`: syncs generated states in a real browser, over loopback, from server processes, by Rootlight and
 * by what it is compared with, in turns. Prints JSON lines, the last one the summary, and tables on stderr.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Site, serveSite } from './build.ts'
import { type BenchOptions, parseOptions } from './options.ts'
import type { BenchTask, Contender } from './page-contract.ts'
import { selfTimes, type ThreadProfile } from './profiler.ts'
import { measureRestarts } from './restart/bench.ts'
import { FOLDERS, measureIdle, type RunOptions, type RunResult, runOnce } from './run.ts'
import { saveResults } from './save.ts'
import { ServerProcess } from './server-process.ts'
import { figuresOf, type RunFigures, type Summary, summarize } from './summary.ts'
import { profileTable, summaryTable } from './tables.ts'

/** Those that take minutes where the others take seconds. */
const SLOW: ReadonlySet<Contender> = new Set<Contender>(['straight'])
const RESTARTS = 3

/** A contender and the size of the state that it syncs. */
interface Job {
  readonly contender: Contender
  readonly accounts: number
}

/** `args` are those behind the command's name. */
export async function benchSync(args: readonly string[]): Promise<void> {
  const options = parseOptions(args)
  const jobs = jobsOf(options)
  const folders = [
    ...new Set([...jobs.map(({ contender }) => FOLDERS[contender]), ...(options.restart ? ['tab'] : [])]),
  ]
  const site = await serveSite(folders, { readable: options.profile !== undefined })
  const servers = new Map<number, ServerProcess>()
  try {
    for (const { accounts } of jobs) {
      if (!servers.has(accounts)) servers.set(accounts, await startServer(options, accounts, jobs))
    }
    await measure(options, jobs, site, servers)
  } finally {
    for (const server of servers.values()) await server.stop()
    await site.close()
  }
}

function jobsOf({ contenders, accounts: sizes, slowAccounts }: BenchOptions): readonly Job[] {
  const slowSize = Math.min(slowAccounts, Math.max(...sizes))
  return contenders.flatMap((contender) =>
    (SLOW.has(contender) ? [slowSize] : sizes).map((accounts) => ({ contender, accounts })),
  )
}

function startServer({ seed, data }: BenchOptions, accounts: number, jobs: readonly Job[]): Promise<ServerProcess> {
  return ServerProcess.start({
    synthetic: { accounts, seed },
    straight: jobs.some((job) => job.contender === 'straight' && job.accounts === accounts),
    ...(data === undefined ? {} : { data }),
  })
}

async function measure(
  options: BenchOptions,
  jobs: readonly Job[],
  site: Site,
  servers: ReadonlyMap<number, ServerProcess>,
): Promise<void> {
  const runOptions = (job: Job) => runOptionsOf(job, options, site, servers.get(job.accounts)!)
  const idle = new Map<Job, number>()
  for (const job of jobs) idle.set(job, await measureIdle(runOptions(job)))
  const runs: RunFigures[] = []
  let chromium = ''
  // Run 0 warms up the servers and the disk's cache.
  for (let run = 0; run <= options.runs; run++) {
    for (const job of jobs) {
      const result = await runOnce({ ...runOptions(job), profile: options.profile !== undefined && run > 0 })
      const figures = figuresOf(run, result, idle.get(job)!, servers.get(job.accounts)!.ready)
      console.log(JSON.stringify(figures))
      if (run > 0) runs.push(figures)
      if (result.profiles.length > 0) await showProfiles(options.profile!, run, result, site)
      chromium = result.chromium
    }
  }
  const largest = Math.max(...options.accounts)
  const restartMs = options.restart ? await restartMsOf(options, site, largest) : null
  const summaries = options.accounts.map((accounts) => {
    const ofSize = runs.filter((run) => run.accounts === accounts || SLOW.has(run.contender))
    return summarize(ofSize, servers.get(accounts)!.ready, accounts === largest ? restartMs : null)
  })
  for (const summary of summaries) console.error(summaryTable(summary))
  if (options.save) await save(options, chromium, summaries, runs)
  for (const summary of summaries) console.log(JSON.stringify(summary))
}

function runOptionsOf({ contender }: Job, { straight }: BenchOptions, site: Site, server: ServerProcess): RunOptions {
  const { address, root, ...expected } = server.ready
  const task: BenchTask = { contender, address, root, expected, straight }
  return { siteUrl: site.url, task, server, profile: false }
}

async function restartMsOf({ seed, data }: BenchOptions, site: Site, accounts: number): Promise<number> {
  const { size } = await measureRestarts({ seed, runs: RESTARTS, data }, site.url, accounts)
  return size.ms
}

async function save(
  { accounts, seed, straight }: BenchOptions,
  chromium: string,
  summaries: readonly Summary[],
  runs: readonly RunFigures[],
): Promise<void> {
  const path = await saveResults({ name: accounts.join('-'), chromium, figures: { seed, straight, summaries, runs } })
  console.error(`saved to ${path}`)
}

async function showProfiles(
  directory: string,
  run: number,
  { contender, profiles }: RunResult,
  site: Site,
): Promise<void> {
  await mkdir(directory, { recursive: true })
  for (const { thread, profile } of profiles) {
    const path = join(directory, `${contender}-${run}-${thread.kind}.cpuprofile`)
    await writeFile(path, JSON.stringify(profile))
    console.error(path)
  }
  const busiest: ThreadProfile = profiles.find(({ thread }) => thread.kind === 'worker') ?? profiles[0]!
  console.error(profileTable(busiest.thread.kind, selfTimes(busiest.profile, site.directory)))
}
