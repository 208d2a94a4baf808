/** Kills one page of a browser, as the operating system or a fault would. */
import type { Page } from '@playwright/test'

/** Kills the page's process. No code of the page runs afterwards, not even its handlers of closing. */
export async function crashPage(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page)
  const crashed = page.waitForEvent('crash')
  void session.send('Page.crash').catch(() => {}) // never answers: who would
  await crashed
}
