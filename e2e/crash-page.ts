/** Kills one page of a browser, as its operating system or a fault of its own would. */
import type { Page } from '@playwright/test'

/** Kills the page's process: nothing of it runs any more, not even what a page does when it is closed. */
export async function crashPage(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page)
  const crashed = page.waitForEvent('crash')
  void session.send('Page.crash').catch(() => {}) // never answers: who would
  await crashed
}
