/**
 * `npm run bench -- calls`: the time of calls in the worker of `rootlight/evm`, beside the EVM alone, and the delays on
 * the page's thread.
 */
import { Browser } from '../browser.ts'
import { serveSite } from '../build.ts'
import { parseTabOptions } from '../options.ts'
import { saveResults } from '../save.ts'
import { median, round } from '../statistics.ts'
import type { MeasuredCall, MeasuredCalls } from './contract.ts'

/** Runs the benchmark. `args` are the words after the command's name. */
export async function benchCalls(args: readonly string[]): Promise<void> {
  const { runs, save } = parseTabOptions(args, '1')
  const site = await serveSite(['calls'], { readable: false })
  const browser = await Browser.launch()
  try {
    const page = await browser.openPage(`${site.url}/calls/index.html`)
    const measured: MeasuredCalls[] = []
    for (let i = 0; i < runs; i++) {
      measured.push(await page.evaluate<MeasuredCalls>('measureCalls()'))
      console.error(`run ${i + 1} of ${runs}: ${JSON.stringify(measured.at(-1))}`)
    }
    const figures = figuresOf(measured)
    if (save) {
      const chromium = await browser.version()
      console.error(`saved to ${await saveResults({ name: 'calls', chromium, figures })}`)
    }
    console.log(JSON.stringify(figures))
  } finally {
    await browser.close()
    await site.close()
  }
}

/** Returns the medians. A ratio compares figures of the same run. */
function figuresOf(runs: readonly MeasuredCalls[]) {
  const of = (read: (run: MeasuredCalls) => number) => round(median(runs.map(read)) ?? 0, 2)
  const timerShare = ({ ms, timers }: MeasuredCall) => timers / (ms / 10)
  return {
    runs: runs.length,
    callMulticall400Ms: of(({ multicall }) => multicall.ms),
    callMulticall400BareMs: of(({ multicallBare }) => multicallBare.ms),
    callMulticall400Ratio: of(({ multicall, multicallBare }) => multicall.ms / multicallBare.ms),
    callMulticall400TimerShare: of(({ multicall }) => timerShare(multicall)),
    callBurn50MGasMs: of(({ burn }) => burn.ms),
    callBurn50MGasBareMs: of(({ burnBare }) => burnBare.ms),
    callBurn50MGasRatio: of(({ burn, burnBare }) => burn.ms / burnBare.ms),
    callBurn50MGasTimerShare: of(({ burn }) => timerShare(burn)),
    callBurn50MGasLongestGapMs: of(({ burn }) => burn.longestGapMs),
    callBurn50MGasError: runs[0]?.burn.error ?? null,
    callAbortMs: of(({ abortMs }) => abortMs),
  }
}
