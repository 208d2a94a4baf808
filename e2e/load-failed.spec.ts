/** Parts of the code fail to load: the application is told, and the parts load later. */
import type { Page } from '@playwright/test'
import { expect, test } from './fixtures.ts'
import { rootOf } from './states.ts'

/** The chunk with libp2p, as Vite names it. */
const LIBP2P = /libp2p-modules[^/]*\.js/
/** Chromium's own words for a failed fetch are not ours. */
const isOurs = (text: string) => text.startsWith('rootlight:')

function consoleOf(page: Page): string[] {
  const lines: string[] = []
  page.on('console', (message) => {
    if (isOurs(message.text())) lines.push(message.text())
  })
  return lines
}

/** The chunk of the window's code loaded beside the engine. */
const CLIENT = /\/client-[^/]*\.js/

for (const engine of ['worker', 'window'] as const) {
  test.describe(`engine in the ${engine}`, () => {
    test('a client that cannot be loaded: loadFailed and why, nothing stays open, and the next call has one', async ({
      openPage,
      context,
    }) => {
      let blocked = 0
      await context.route(CLIENT, (route) => {
        blocked++
        return route.abort()
      })
      const page = await openPage(engine)
      const lines = consoleOf(page)
      const refused = await page.evaluate(() =>
        window.e2e.open([]).then(
          () => null,
          ({ code, details }) => ({ code, details }),
        ),
      )
      expect(refused).toMatchObject({ code: 'loadFailed', details: { part: 'the client' } })
      expect([blocked, lines.length]).toEqual([1, 1])
      await context.unroute(CLIENT)
      await page.evaluate(() => window.e2e.open([]))
      // The engine of the first call has released the database. Otherwise this tab would be a follower.
      expect(await page.evaluate(() => window.e2e.client.role())).toBe('writer')
    })

    test('libp2p that cannot be loaded: loadFailed and why, on the console once; the sync completes when it can', async ({
      openPage,
      peer,
      states,
      context,
    }) => {
      const state = await states.generated(300, 1)
      const { address } = await peer([state])
      let blocked = 0
      await context.route(LIBP2P, (route) => {
        blocked++
        return route.abort()
      })
      const page = await openPage(engine)
      const lines = consoleOf(page)
      await page.evaluate((address) => window.e2e.open([address]), address)
      await page.evaluate((root) => void window.e2e.start({ root }), rootOf(state))
      await page.waitForFunction(() => window.e2e.latest.stalls.includes('loadFailed'))
      const [known] = await page.evaluate(() => window.e2e.peers())
      expect(known).toMatchObject({ state: 'disconnected', reason: 'loadFailed' })
      expect(known?.message).toContain('Failed to fetch dynamically imported module')
      const progress = await page.evaluate(() => window.e2e.latest.progress)
      expect(progress).toMatchObject({ phase: 'stalled', reason: 'loadFailed', details: { part: 'libp2p' } })
      const read = page.evaluate(() =>
        window.e2e.client.getAccount(`0x${'12'.repeat(20)}`).catch(({ code, details }) => ({ code, details })),
      )
      expect(await read).toMatchObject({ code: 'notSynced', details: { reason: 'loadFailed', peers: [] } })
      await expect.poll(() => blocked).toBeGreaterThan(1)
      await context.unroute(LIBP2P)
      expect(await page.evaluate(() => window.e2e.latest.sync.done)).toMatchObject({ phase: 'complete' })
      expect(lines).toHaveLength(1)
      expect(lines[0]).toContain('libp2p could not be loaded')
    })

    test('a sync that begins offline, before libp2p was loaded, completes when the browser is online', async ({
      openPage,
      peer,
      states,
      context,
    }) => {
      const state = await states.generated(300, 1)
      const { address } = await peer([state])
      const page = await openPage(engine)
      // The state on disk is complete, so nothing was loaded ahead.
      await page.evaluate((address) => window.e2e.open([address]), address)
      await page.evaluate((root) => window.e2e.sync(root), rootOf(state))
      await page.evaluate(() => window.e2e.client.close())
      await page.reload()
      await page.waitForFunction(() => window.e2e !== undefined)
      const newer = await states.generated(300, 2)
      const other = await peer([newer])
      await page.evaluate((address) => window.e2e.open([address]), other.address)
      await context.setOffline(true)
      await page.evaluate((root) => void window.e2e.start({ root }), rootOf(newer))
      await page.waitForFunction(() => window.e2e.peers()[0]?.reason === 'loadFailed')
      await page.waitForFunction(() => window.e2e.latest.phases.includes('paused'))
      await context.setOffline(false)
      expect(await page.evaluate(() => window.e2e.latest.sync.done)).toMatchObject({ phase: 'complete' })
    })
  })
}
