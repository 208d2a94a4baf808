/** A sync cut off, and the restarts afterwards: each in a new browser process on the same profile. */
import { setTimeout as pause } from 'node:timers/promises'
import type { SyncProgress } from '../../../src/index.ts'
import { Browser, type Page } from '../browser.ts'
import type { Arrival } from '../request-watch.ts'
import type { ServerProcess } from '../server-process.ts'
import type { OpenMarks, TabTask } from '../tab-contract.ts'

export interface RestartOptions {
  /** Directory of the browser's profile. */
  readonly profile: string
  readonly siteUrl: string
  readonly task: TabTask
  readonly server: ServerProcess
}

/** Everything on one clock, in milliseconds since the epoch. */
export interface RestartMarks extends OpenMarks, Arrival {
  /** The time when the peer has sent its Status, and may be asked. */
  readonly connectedAt: number
}

/** The pause of a new browser: its own start takes both cores. */
const SETTLE_MS = 1_000

/** Syncs from nothing until `bytes` of the state are there. Resolves with the last progress when these are on disk. */
export async function syncInPart(options: RestartOptions, bytes: number): Promise<SyncProgress> {
  return inNewBrowser(options, async (page) => {
    await page.evaluate(`tab.resume(${JSON.stringify(options.task)})`)
    return page.evaluate<SyncProgress>(`tab.cutOff(${bytes})`)
  })
}

/**
 * Starts on the stored data, until the first request arrives. The request gets no answer, so the next restart finds the
 * same disk.
 */
export async function restartOnce(
  options: RestartOptions,
): Promise<{ readonly marks: RestartMarks; readonly progress: SyncProgress }> {
  const { server, task } = options
  return inNewBrowser(options, async (page) => {
    await server.withhold(true)
    await server.watch()
    const arrival = server.arrival()
    const opened = await page.evaluate<OpenMarks>(`tab.resume(${JSON.stringify(task)})`)
    const arrived = await arrival
    const connectedAt = await page.evaluate<number>('tab.connectedAt')
    const progress = await page.evaluate<SyncProgress>('tab.stop()')
    await server.withhold(false)
    return { marks: { ...opened, ...arrived, connectedAt }, progress }
  })
}

/** Starts once more, and syncs to the end. This shows: the measured sync was able to continue. */
export async function syncTheRest(options: RestartOptions): Promise<SyncProgress> {
  return inNewBrowser(options, async (page) => {
    await page.evaluate(`tab.resume(${JSON.stringify(options.task)})`)
    return page.evaluate<SyncProgress>('tab.finish()')
  })
}

/** Returns the version of the browser of all runs. */
export async function chromiumVersion(options: RestartOptions): Promise<string> {
  return inNewBrowser(options, (_, browser) => browser.version())
}

async function inNewBrowser<T>(
  { profile, siteUrl }: RestartOptions,
  use: (page: Page, browser: Browser) => Promise<T>,
): Promise<T> {
  const browser = await Browser.launch({ kept: profile })
  try {
    const page = await browser.openPage(`${siteUrl}/tab/index.html`)
    await pause(SETTLE_MS)
    return await use(page, browser)
  } finally {
    await browser.close()
  }
}
