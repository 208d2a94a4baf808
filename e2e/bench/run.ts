/** One measured run: a new browser with an empty profile, one page, one sync. */
import { Browser, type Page } from './browser.ts'
import { heapBytes, wasmBytes, watchHeap } from './memory.ts'
import type { BenchTask, Contender, MainThreadReport, PageResult } from './page-contract.ts'
import { startProfiling, type ThreadProfile } from './profiler.ts'
import { rendererUsage } from './renderer.ts'
import type { ServerProcess } from './server-process.ts'

/** The folder of each contender's page. */
export const FOLDERS: Readonly<Record<Contender, string>> = {
  ours: 'ours',
  window: 'ours',
  ceiling: 'parts',
  verification: 'parts',
  commits: 'parts',
  straight: 'straight',
  helia: 'helia',
}

export interface RunResult extends PageResult {
  readonly contender: Contender
  /** The report on the same page, just before. */
  readonly idle: MainThreadReport
  readonly requests: number
  /** Bytes on the TCP sockets, both directions. */
  readonly wireBytes: number
  readonly serverCpuMs: number
  /** Memory of window and workers, WebAssembly included. */
  readonly heapPeakBytes: number
  /** The largest memory of the page's process, and the server's memory at the end. */
  readonly rendererRssBytes: number
  readonly serverRssBytes: number
  readonly chromium: string
  readonly profiles: readonly ThreadProfile[]
}

export interface RunOptions {
  readonly siteUrl: string
  readonly task: BenchTask
  readonly server: ServerProcess
  readonly profile: boolean
}

/** The pause before the page's idle memory is read, or the sync starts. */
const SETTLE_MS = 1_000
/** The time of watching the page before the sync. */
const IDLE_MS = 2_000

export async function runOnce(options: RunOptions): Promise<RunResult> {
  return withPage(options, (browser, page) => runIn(browser, page, options))
}

/** Returns the memory of window and workers with everything ready and nothing synced. */
export async function measureIdle(options: RunOptions): Promise<number> {
  // In a browser of its own: counting WebAssembly collects garbage, and V8 would forget the grown size of its heap.
  return withPage(options, async (browser, page) => (await heapBytes(browser, page)) + (await wasmBytes(browser, page)))
}

async function withPage<T>(options: RunOptions, use: (browser: Browser, page: Page) => Promise<T>): Promise<T> {
  const browser = await Browser.launch()
  try {
    const page = await browser.openPage(`${options.siteUrl}/${FOLDERS[options.task.contender]}/index.html`)
    await page.evaluate(`bench.open(${JSON.stringify(options.task)})`)
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
    return await use(browser, page)
  } finally {
    await browser.close()
  }
}

async function runIn(browser: Browser, page: Page, { task, server, profile }: RunOptions): Promise<RunResult> {
  const idle = await page.evaluate<MainThreadReport>(`bench.idle(${IDLE_MS})`)
  const before = await server.counters()
  const stopProfiling = profile ? await startProfiling(browser, page) : async () => []
  const stopHeap = watchHeap(browser, page)
  const result = await page.evaluate<PageResult>('bench.run()')
  const heapPeak = await stopHeap()
  const profiles = await stopProfiling()
  const after = await server.counters()
  const { peakRssBytes: rendererRssBytes } = await rendererUsage(browser)
  const heapPeakBytes = heapPeak + (await wasmBytes(browser, page))
  await page.evaluate('bench.check()')
  return {
    contender: task.contender,
    ...result,
    idle,
    requests: after.requests - before.requests,
    wireBytes: after.wireBytes - before.wireBytes,
    serverCpuMs: after.cpuMs - before.cpuMs,
    heapPeakBytes,
    rendererRssBytes,
    serverRssBytes: after.rssBytes,
    chromium: await browser.version(),
    profiles,
  }
}
