/** One takeover: two tabs in a new browser, a sync in one of the tabs, and the end of this tab. */
import type { Page } from '@playwright/test'
import { crashPage } from '../../crash-page.ts'
import { freeze } from '../../freeze.ts'
import { openProfile } from '../../profile.ts'
import type { Arrival } from '../request-watch.ts'
import type { ServerProcess } from '../server-process.ts'
import type { TabTask } from '../tab-contract.ts'

/** `close`: the tab is closed. `kill`: its process dies. `freeze`: the engine's thread stands still. */
export const ENDS = ['close', 'kill', 'freeze'] as const
export type End = (typeof ENDS)[number]

export interface TakeoverOptions {
  readonly siteUrl: string
  readonly task: TabTask
  readonly server: ServerProcess
}

/** All times on one clock, in milliseconds since the epoch. */
export interface TakeoverMarks extends Arrival {
  /** The time when the writing tab is closed, killed or frozen. */
  readonly endedAt: number
  /** The time when the other tab's page knows of its new role as writer. */
  readonly writerAt: number
}

export interface Takeover {
  readonly marks: TakeoverMarks
  readonly chromium: string
}

/** The share of the state present when the tab ends. */
const SHARE = 0.5

export async function takeOverOnce({ siteUrl, task, server }: TakeoverOptions, end: End): Promise<Takeover> {
  const profile = await openProfile()
  const cleanUps = [() => profile.close()]
  try {
    const url = `${siteUrl}/tab/index.html`
    const writer = await openTab(await profile.context.newPage(), url)
    await writer.evaluate((task) => globalThis.tab.resume(task), task)
    const follower = await openTab(await profile.context.newPage(), url)
    await follower.evaluate((task) => globalThis.tab.open(task), task)
    await follower.waitForFunction((share) => (globalThis.tab.progress?.fraction ?? 0) > share, SHARE)
    await server.watch()
    const arrival = server.arrival()
    const { endedAt, cleanUp } = await endTab(writer, end)
    cleanUps.push(cleanUp)
    const arrived = await arrival
    const writerAt = await follower.evaluate(() => globalThis.tab.roles.find(({ role }) => role === 'writer')?.at)
    if (writerAt === undefined) throw new Error('a request came, and from nobody who writes')
    return { marks: { ...arrived, endedAt, writerAt }, chromium: await versionOf(follower) }
  } finally {
    for (const cleanUp of cleanUps.reverse()) await cleanUp()
  }
}

async function openTab(page: Page, url: string): Promise<Page> {
  await page.goto(url)
  await page.waitForFunction(() => globalThis.tab !== undefined)
  return page
}

async function endTab(page: Page, end: End): Promise<{ readonly endedAt: number; cleanUp(): Promise<void> }> {
  // `freeze` resolves only when the thread stands still.
  if (end === 'freeze') {
    const thaw = await freeze(page)
    return { endedAt: Date.now(), cleanUp: thaw }
  }
  const endedAt = Date.now()
  if (end === 'close') await page.close()
  else await crashPage(page)
  return { endedAt, cleanUp: async () => {} }
}

async function versionOf(page: Page): Promise<string> {
  const session = await page.context().newCDPSession(page)
  return (await session.send('Browser.getVersion')).product
}
