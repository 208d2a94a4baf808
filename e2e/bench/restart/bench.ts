/**
 * `npm run bench -- restart`: the time from `createLightClient` to the first request for nodes, with 95 % of a state on
 * disk. Each run has a new browser process. The operating system may still have the files in memory.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serveSite } from '../build.ts'
import { parseTabOptions, type TabOptions } from '../options.ts'
import { saveResults } from '../save.ts'
import { ServerProcess } from '../server-process.ts'
import { round } from '../statistics.ts'
import { figuresOf, type RestartFigures, restartTable, type SizeFigures, sizeFiguresOf, summarize } from './figures.ts'
import { chromiumVersion, type RestartOptions, restartOnce, syncInPart, syncTheRest } from './run.ts'

const SIZES = '20000,200000,1000000'
const SHARE = 0.95
/** Progress is told ten times a second, so a sync of this length can be cut off at the wanted share. */
const MIN_SYNC_MS = 20_000
/** A restart has lost data if less than this share of the earlier data is known. */
const MIN_KEPT_SHARE = 0.999

/** Runs the benchmark. `args` are the words after the command's name. */
export async function benchRestart(args: readonly string[]): Promise<void> {
  const options = parseTabOptions(args, SIZES)
  const site = await serveSite(['tab'], { readable: false })
  const runs: RestartFigures[] = []
  const sizes: SizeFigures[] = []
  let chromium = ''
  try {
    for (const accounts of options.accounts) {
      const measured = await measureRestarts(options, site.url, accounts)
      runs.push(...measured.runs)
      sizes.push(measured.size)
      chromium = measured.chromium
    }
  } finally {
    await site.close()
  }
  const summary = summarize(sizes)
  console.error(restartTable(summary))
  if (options.save) {
    const path = await saveResults({ name: 'restart', chromium, figures: { seed: options.seed, summary, runs } })
    console.error(`saved to ${path}`)
  }
  console.log(JSON.stringify(summary))
}

/** Measures restarts. The page is in `tab` below `siteUrl`. */
export async function measureRestarts(
  { seed, runs, data }: Pick<TabOptions, 'seed' | 'runs' | 'data'>,
  siteUrl: string,
  accounts: number,
) {
  const profile = await mkdtemp(join(tmpdir(), 'rootlight-restart-'))
  const synthetic = { accounts, seed }
  const kept = data === undefined ? {} : { data }
  const server = await ServerProcess.start({ synthetic, straight: false, minSyncMs: MIN_SYNC_MS, ...kept })
  try {
    const { address, root } = server.ready
    const restarts = { profile, siteUrl, server, task: { address, root } }
    return await restartAgainAndAgain(restarts, accounts, runs)
  } finally {
    await server.stop()
    await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
}

async function restartAgainAndAgain(options: RestartOptions, accounts: number, count: number) {
  const { nodes, bytes } = options.server.ready
  const before = await syncInPart(options, SHARE * bytes)
  const runs: RestartFigures[] = []
  for (let run = 1; run <= count; run++) {
    const { marks, progress } = await restartOnce(options)
    if (progress.nodes < MIN_KEPT_SHARE * before.nodes) {
      throw new Error(`a restart knew of ${progress.nodes} nodes, of ${before.nodes} that were there`)
    }
    const figures = figuresOf(accounts, run, marks)
    console.log(JSON.stringify(figures))
    runs.push(figures)
  }
  const after = await syncTheRest(options)
  if (after.nodes !== nodes) throw new Error(`the state has ${nodes} nodes, and ${after.nodes} were synced`)
  const size = sizeFiguresOf(runs, { accounts, nodes, bytes, share: round(before.bytes / bytes, 4) })
  return { runs, size, chromium: await chromiumVersion(options) }
}
