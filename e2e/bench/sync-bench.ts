/**
 * `npm run bench -- sync`: syncs generated states in a real browser, over loopback, from server processes, by Rootlight
 * and the other contenders in turns. Prints JSON lines, with the summary last, and tables on stderr.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Site, serveSite } from './build.ts'
import { installHelia } from './helia/install.ts'
import { type BenchOptions, parseOptions } from './options.ts'
import type { BenchTask, Contender } from './page-contract.ts'
import { plotOf } from './plot.ts'
import { selfTimes, type ThreadProfile } from './profiler.ts'
import { measureReads } from './reads/bench.ts'
import { measureRestarts } from './restart/bench.ts'
import { FOLDERS, measureIdle, type RunOptions, type RunResult, runOnce } from './run.ts'
import { saveResults } from './save.ts'
import { ServerProcess, type ServerReady, STATE_SERVER } from './server-process.ts'
import { type BesideSync, figuresOf, type RunFigures, type Summary, summarize } from './summary.ts'
import { profileTable, summaryTable } from './tables.ts'

/** The contenders which take minutes where the others take seconds. */
const SLOW: ReadonlySet<Contender> = new Set<Contender>(['straight', 'helia'])
/** The scripts of the contenders with servers of their own. */
const SERVERS: Readonly<Partial<Record<Contender, string>>> = { helia: 'helia/server.ts' }
/** The number of restarts, and of first reads. */
const RESTARTS = 3
const NOTHING_BESIDE: BesideSync = { restartMs: null, reads: null }
/** The plot of the last saved run with more than one contender. */
const PLOT = new URL('./results/sync.svg', import.meta.url)

/** A contender and its state. */
interface Job {
  readonly contender: Contender
  readonly accounts: number
  /** The script of the server with the state. */
  readonly script: string
}

/** By {@link serverKey}. */
type Servers = ReadonlyMap<string, ServerProcess>

interface Measured {
  readonly runs: readonly RunFigures[]
  /** The states in the summary. */
  readonly states: readonly ServerReady[]
  readonly chromium: string
}

/** Runs the benchmark. `args` are the words after the command's name. */
export async function benchSync(args: readonly string[]): Promise<void> {
  const options = parseOptions(args)
  const jobs = jobsOf(options)
  if (options.contenders.includes('helia')) await installHelia()
  const folders = [
    ...new Set([...jobs.map(({ contender }) => FOLDERS[contender]), ...(options.restart ? ['tab', 'reads'] : [])]),
  ]
  const site = await serveSite(folders, { readable: options.profile !== undefined })
  try {
    const measured = await measure(options, jobs, site)
    const largest = Math.max(...options.accounts)
    // After the end of the servers: their data directories are opened again.
    const beside = options.restart ? await measureBeside(options, site, largest) : NOTHING_BESIDE
    const summaries = measured.states.map((state) => {
      const ofSize = measured.runs.filter((run) => run.accounts === state.accounts || SLOW.has(run.contender))
      return summarize(ofSize, state, state.accounts === largest ? beside : NOTHING_BESIDE)
    })
    for (const summary of summaries) console.error(summaryTable(summary))
    if (options.save) await save(options, measured, summaries)
    for (const summary of summaries) console.log(JSON.stringify(summary))
  } finally {
    await site.close()
  }
}

function jobsOf({ contenders, accounts: sizes, slowAccounts }: BenchOptions): readonly Job[] {
  const slowSize = Math.min(slowAccounts, Math.max(...sizes))
  return contenders.flatMap((contender) => {
    const script = SERVERS[contender] ?? STATE_SERVER
    return (SLOW.has(contender) ? [slowSize] : sizes).map((accounts) => ({ contender, accounts, script }))
  })
}

function serverKey({ script, accounts }: Job): string {
  return `${script} ${accounts}`
}

function startServer(
  { seed, data }: BenchOptions,
  { accounts, script }: Job,
  jobs: readonly Job[],
): Promise<ServerProcess> {
  const request = {
    synthetic: { accounts, seed },
    straight: jobs.some((job) => job.contender === 'straight' && job.accounts === accounts),
    ...(data === undefined ? {} : { data }),
  }
  return ServerProcess.start(request, script)
}

async function measure(options: BenchOptions, jobs: readonly Job[], site: Site): Promise<Measured> {
  const servers = new Map<string, ServerProcess>()
  try {
    for (const job of jobs) {
      const key = serverKey(job)
      if (!servers.has(key)) servers.set(key, await startServer(options, job, jobs))
    }
    return await runInTurns(options, jobs, site, servers)
  } finally {
    for (const server of servers.values()) await server.stop()
  }
}

async function runInTurns(
  options: BenchOptions,
  jobs: readonly Job[],
  site: Site,
  servers: Servers,
): Promise<Measured> {
  const serverOf = (job: Job) => servers.get(serverKey(job))!
  const runOptions = (job: Job) => runOptionsOf(job, options, site, serverOf(job))
  const idle = new Map<Job, number>()
  for (const job of jobs) idle.set(job, await measureIdle(runOptions(job)))
  const runs: RunFigures[] = []
  let chromium = ''
  // Run 0 warms up the servers and the disk's cache.
  for (let run = 0; run <= options.runs; run++) {
    for (const job of jobs) {
      const result = await runOnce({ ...runOptions(job), profile: options.profile !== undefined && run > 0 })
      const figures = figuresOf(run, result, idle.get(job)!, serverOf(job).ready)
      console.log(JSON.stringify(figures))
      if (run > 0) runs.push(figures)
      if (result.profiles.length > 0) await showProfiles(options.profile!, run, result, site)
      chromium = result.chromium
    }
  }
  return { runs, states: summarizedJobs(jobs).map((job) => serverOf(job).ready), chromium }
}

/** Returns one job of each size in the summary: a job of a fast contender, unless all are slow. */
function summarizedJobs(jobs: readonly Job[]): readonly Job[] {
  const fast = jobs.filter(({ contender }) => !SLOW.has(contender))
  return [...new Map((fast.length > 0 ? fast : jobs).map((job) => [job.accounts, job])).values()]
}

function runOptionsOf(
  { contender }: Job,
  { straight, heliaWants }: BenchOptions,
  site: Site,
  server: ServerProcess,
): RunOptions {
  const { address, root, ...expected } = server.ready
  const task: BenchTask = { contender, address, root, expected, straight, heliaWants }
  return { siteUrl: site.url, task, server, profile: false }
}

async function measureBeside({ seed, data }: BenchOptions, site: Site, accounts: number): Promise<BesideSync> {
  const { size } = await measureRestarts({ seed, runs: RESTARTS, data }, site.url, accounts)
  const { summary: reads } = await measureReads({ seed, runs: RESTARTS, data }, site.url, accounts)
  return { restartMs: size.ms, reads }
}

async function save(
  { accounts, seed, straight, heliaWants }: BenchOptions,
  { runs, chromium }: Measured,
  summaries: readonly Summary[],
): Promise<void> {
  const figures = { seed, straight, heliaWants, summaries, runs }
  const path = await saveResults({ name: accounts.join('-'), chromium, figures })
  console.error(`saved to ${path}`)
  const largest = summaries.at(-1)
  // Only where there is something to compare.
  if (largest !== undefined && largest.contenders.length > 1) await writeFile(PLOT, plotOf(largest))
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
