/**
 * `npm run bench -- takeover`: the time until a tab continues the sync of another tab, which was closed, killed or
 * frozen in its middle.
 */
import { serveSite } from '../build.ts'
import { parseTabOptions } from '../options.ts'
import { saveResults } from '../save.ts'
import { ServerProcess } from '../server-process.ts'
import { figuresOf, summarize, type TakeoverFigures, takeoverTable } from './figures.ts'
import { ENDS, takeOverOnce } from './run.ts'

const SIZE = '20000'
/** Slow enough for a tab to end in the middle. */
const MIN_SYNC_MS = 10_000

/** Runs the benchmark. `args` are the words after the command's name. */
export async function benchTakeover(args: readonly string[]): Promise<void> {
  const options = parseTabOptions(args, SIZE)
  const { seed, data, save } = options
  const [accounts, ...others] = options.accounts
  if (accounts === undefined || others.length > 0) throw new Error('--accounts is one size here')
  const kept = data === undefined ? {} : { data }
  const site = await serveSite(['tab'], { readable: false })
  const synthetic = { accounts, seed }
  const server = await ServerProcess.start({ synthetic, straight: false, minSyncMs: MIN_SYNC_MS, ...kept })
  const runs: TakeoverFigures[] = []
  let chromium = ''
  try {
    const { address, root } = server.ready
    for (let run = 1; run <= options.runs; run++) {
      for (const end of ENDS) {
        const takeover = await takeOverOnce({ siteUrl: site.url, server, task: { address, root } }, end)
        const figures = figuresOf(end, run, takeover.marks)
        console.log(JSON.stringify(figures))
        runs.push(figures)
        chromium = takeover.chromium
      }
    }
  } finally {
    await server.stop()
    await site.close()
  }
  const summary = summarize(accounts, runs)
  console.error(takeoverTable(summary))
  if (save) {
    console.error(`saved to ${await saveResults({ name: 'takeover', chromium, figures: { seed, summary, runs } })}`)
  }
  console.log(JSON.stringify(summary))
}
