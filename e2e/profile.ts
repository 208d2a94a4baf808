/**
 * A browser with a profile on disk, as people have one: its storage outlives the browser, and the quota of an origin
 * can be set. The profile of Playwright's own contexts is in memory, and ignores such a setting.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium, type Page } from '@playwright/test'
import { launchOptions } from './chromium.ts'

export interface Profile {
  readonly context: BrowserContext
  /** Ends the browser, and deletes the profile. */
  close(): Promise<void>
}

/** Starts a browser with an empty profile. */
export async function openProfile(): Promise<Profile> {
  const directory = await mkdtemp(join(tmpdir(), 'rootlight-profile-'))
  const context = await chromium.launchPersistentContext(directory, { ...launchOptions(), headless: true })
  const close = async () => {
    await context.close()
    await rm(directory, { recursive: true, force: true })
  }
  return { context, close }
}

/** Limits the storage of the origin of `page`, until the page is closed or {@link Quota.lift} is called. */
export async function limitQuota(page: Page, quotaSize: number): Promise<Quota> {
  const session = await page.context().newCDPSession(page) // the browser forgets the limit with the session
  const { origin } = new URL(page.url())
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize })
  const now = () => session.send('Storage.getUsageAndQuota', { origin })
  if ((await now()).quota !== quotaSize) throw new Error(`the quota of ${origin} cannot be set`)
  const lift = async () => {
    await session.send('Storage.overrideQuotaForOrigin', { origin })
    if ((await now()).quota <= quotaSize) throw new Error(`the quota of ${origin} cannot be raised`)
  }
  return { lift }
}

export interface Quota {
  /** Restores the browser's own quota. */
  lift(): Promise<void>
}
