/**
 * `npm run bench -- sync`: syncs a generated state in a real browser, over loopback, from a server process, by Rootlight and
 * by a straight port of geth's design, in turns. Prints JSON lines, the last one the summary, and tables on stderr.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Site, serveSite } from './build.ts'
import { type BenchOptions, parseOptions } from './options.ts'
import type { BenchTask } from './page-contract.ts'
import { selfTimes, type ThreadProfile } from './profiler.ts'
import { type Contender, measureIdle, type RunResult, runOnce } from './run.ts'
import { saveResults } from './save.ts'
import { ServerProcess } from './server-process.ts'
import { figuresOf, type RunFigures, summarize } from './summary.ts'
import { profileTable, runsTable } from './tables.ts'

/** `args` are those behind the command's name. */
export async function benchSync(args: readonly string[]): Promise<void> {
  const options = parseOptions(args)
  const { accounts, seed, contenders, data } = options
  const site = await serveSite(contenders, { readable: options.profile !== undefined })
  try {
    const server = await ServerProcess.start({
      synthetic: { accounts, seed },
      straight: contenders.includes('straight'),
      ...(data === undefined ? {} : { data }),
    })
    try {
      await measure(options, site, server)
    } finally {
      await server.stop()
    }
  } finally {
    await site.close()
  }
}

async function measure(options: BenchOptions, site: Site, server: ServerProcess): Promise<void> {
  const { address, root, ...expected } = server.ready
  const task: BenchTask = { address, root, expected, straight: options.straight }
  const common = { siteUrl: site.url, task, server }
  const idle = new Map<Contender, number>()
  for (const contender of options.contenders) {
    idle.set(contender, await measureIdle({ ...common, contender, profile: false }))
  }
  const runs: RunFigures[] = []
  let chromium = ''
  // Run 0 warms up the server and the disk's cache.
  for (let run = 0; run <= options.runs; run++) {
    for (const contender of options.contenders) {
      const profile = options.profile !== undefined && run > 0
      const result = await runOnce({ ...common, contender, profile })
      const figures = figuresOf(run, result, idle.get(contender)!, server.ready)
      console.log(JSON.stringify(figures))
      if (run > 0) runs.push(figures)
      if (profile) await showProfiles(options.profile!, contender, run, result, site)
      chromium = result.chromium
    }
  }
  const summary = summarize(runs, server.ready)
  console.error(runsTable(runs, summary))
  if (options.save) {
    const { accounts, seed, straight } = options
    const path = await saveResults({ name: `${accounts}`, chromium, figures: { seed, straight, summary, runs } })
    console.error(`saved to ${path}`)
  }
  console.log(JSON.stringify(summary))
}

async function showProfiles(
  directory: string,
  contender: Contender,
  run: number,
  { profiles }: RunResult,
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
