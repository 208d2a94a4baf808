/** A browser grants less room than the state takes: the sync waits for room, says so, and loses nothing. */
import type { Page } from '@playwright/test'
import { differences, NO_DIFFERENCES, nodesOf, readDisk } from './disk.ts'
import { type EngineThread, expect, test } from './fixtures.ts'
import { generatedNodes } from './oracle.ts'
import { limitQuota, openProfile } from './profile.ts'
import { rootOf } from './states.ts'

const ACCOUNTS = 8_000
const SEED = 1
/** Less than half of the state. */
const SMALL_QUOTA = 1_000_000

for (const engine of ['worker', 'window'] as const) {
  test(`engine in the ${engine}: a full disk pauses the sync, with the numbers; it goes on when the quota is raised`, async ({
    atEnd,
    watch,
    peer,
    site,
    states,
  }) => {
    test.setTimeout(120_000)
    const state = await states.generated(ACCOUNTS, SEED)
    const { address, served } = await peer([state])
    const { context, close } = await openProfile()
    watch(context)
    atEnd(close)
    const page = await open(await context.newPage(), site, engine)
    const quota = await limitQuota(page, SMALL_QUOTA)

    await page.evaluate((address) => window.e2e.open([address]), address)
    await page.evaluate((root) => void window.e2e.start({ root }), rootOf(state))
    await page.waitForFunction(() => window.e2e.latest.pauses.length > 0)
    const [told, ...more] = await page.evaluate(() => window.e2e.latest.pauses)
    expect(more).toEqual([])
    // Chromium tells pages a quota unrelated to the disk. The usage is true.
    expect(told).toEqual({ code: 'quotaExceeded', usage: expect.any(Number), quota: expect.any(Number) })
    expect(await page.evaluate(() => window.e2e.latest.progress)).toMatchObject({
      phase: 'paused',
      reason: 'storageFull',
    })
    expect(await page.evaluate(() => window.e2e.latest.outcome)).toEqual({ state: 'pending' })
    const before = new Set(served.paths())
    served.clear()

    await quota.lift()
    await page.evaluate(() => window.e2e.latest.sync.resume())
    const summary = await page.evaluate(() => window.e2e.latest.sync.done)
    await page.evaluate(() => window.e2e.client.close())

    const expected = await generatedNodes(ACCOUNTS, SEED)
    const disk = await readDisk(page)
    expect(differences(nodesOf(disk.pages), expected.nodes)).toEqual(NO_DIFFERENCES)
    expect(differences(disk.codes, expected.codes)).toEqual(NO_DIFFERENCES)
    expect({ loose: disk.loose, wanted: disk.wanted }).toEqual({ loose: [], wanted: 0 })
    expect(summary).toMatchObject({ nodes: expected.nodes.size, accounts: ACCOUNTS, codes: expected.codes.size })
    // Nodes verified before the pause are not requested again.
    const again = served.paths().filter((path) => before.has(path))
    expect(again.length / before.size).toBeLessThan(0.02)
  })
}

test('the demo says that the disk is full, with numbers, and tries again at the press of a button', async ({
  atEnd,
  watch,
  peer,
  site,
  states,
}) => {
  const state = await states.generated(ACCOUNTS, SEED)
  const { address } = await peer([state])
  const { context, close } = await openProfile()
  watch(context)
  atEnd(close)
  const page = await context.newPage()
  await page.goto(`${site}demo/?chain=0`)
  const quota = await limitQuota(page, SMALL_QUOTA)
  const [phase, start] = [page.getByTestId('phase'), page.getByTestId('start')]
  await expect(start).toBeEnabled()
  await page.getByTestId('peer').fill(address)
  await page.getByTestId('root').fill(rootOf(state))
  await start.click()

  await expect(page.getByTestId('error')).toContainText(/no more room.* [\d.]+ .?B of [\d.]+ .?B are in use/)
  await expect(phase).toHaveText('paused')
  await expect(page.getByTestId('detail')).toContainText('goes on by itself')
  await expect(start).toHaveText('Try again')
  await start.click()
  await expect(start).toHaveText('Try again')

  await quota.lift()
  await start.click()
  await expect(phase).toHaveText('complete')
  await expect(page.getByTestId('error')).toBeHidden()
})

async function open(page: Page, site: string, engine: EngineThread): Promise<Page> {
  await page.goto(`${site}page/?engine=${engine}`)
  await page.waitForFunction(() => window.e2e !== undefined)
  return page
}
