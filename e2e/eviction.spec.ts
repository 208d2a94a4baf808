/** The browser deletes the whole storage of an origin, as a browser may at any time. A clean start follows. */
import type { Page } from '@playwright/test'
import { differences, NO_DIFFERENCES, nodesOf, readDisk } from './disk.ts'
import { expect, test } from './fixtures.ts'
import { generatedNodes } from './oracle.ts'
import { rootOf } from './states.ts'

const ACCOUNTS = 3_000
const SEED = 2
/** The state takes some three seconds: time to take the disk away in the middle. */
const BYTES_PER_SECOND = 300_000

for (const engine of ['worker', 'window'] as const) {
  test(`engine in the ${engine}: evicted in the middle of a sync, and again when it is complete`, async ({
    openPage,
    peer,
    states,
  }) => {
    const state = await states.generated(ACCOUNTS, SEED)
    const { address } = await peer([state], { throttleBytesPerSecond: BYTES_PER_SECOND })
    const expected = await generatedNodes(ACCOUNTS, SEED)
    const page = await openPage(engine)
    const open = () => page.evaluate((address) => window.e2e.open([address]), address)

    await open()
    await page.evaluate((root) => void window.e2e.start({ root }), rootOf(state))
    await page.waitForFunction(() => (window.e2e.latest.progress?.fraction ?? 0) > 0.3)
    await evict(page)
    await page.waitForFunction(() => window.e2e.closures.length > 0 && window.e2e.latest.outcome.state !== 'pending')
    expect(await page.evaluate(() => window.e2e.closures)).toEqual(['evicted'])
    expect(await page.evaluate(() => window.e2e.latest.outcome)).toMatchObject({ code: 'storeFailed' })
    await page.evaluate(() => window.e2e.client.close())

    for (const when of ['after the first', 'after the second']) {
      await open()
      expect(await page.evaluate(() => window.e2e.client.status()), when).toEqual({ complete: null, target: null })
      const summary = await page.evaluate((root) => window.e2e.sync(root), rootOf(state))
      expect(summary, when).toMatchObject({ nodes: expected.nodes.size, codes: expected.codes.size })
      await page.evaluate(() => window.e2e.client.close())
      const disk = await readDisk(page)
      expect(differences(nodesOf(disk.pages), expected.nodes), when).toEqual(NO_DIFFERENCES)
      expect(differences(disk.codes, expected.codes), when).toEqual(NO_DIFFERENCES)
      await evict(page)
    }
  })
}

/** Deletes the databases of the origin of `page`, as a browser does by itself. */
async function evict(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page)
  const { origin } = new URL(page.url())
  await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb' })
  await session.detach()
}
