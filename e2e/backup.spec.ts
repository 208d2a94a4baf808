/**
 * A wallet's tools, end to end: a state moves as one file from one browser context into another, and a disk is
 * verified.
 */

import { encodePageKey } from '../src/store/format/page-key.ts'
import { differences, NO_DIFFERENCES, nodesOf, overwritePage, readDisk } from './disk.ts'
import { expect, test } from './fixtures.ts'
import { generatedNodes } from './oracle.ts'
import { rootOf } from './states.ts'

const ACCOUNTS = 3_000
const SEED = 4

for (const engine of ['worker', 'window'] as const) {
  test.describe(`engine in the ${engine}`, () => {
    test('what one context exports another imports, without any peer, node by node and code by code', async ({
      openPage,
      peer,
      states,
      browser,
      site,
      watch,
    }) => {
      const state = await states.generated(ACCOUNTS, SEED)
      const { address } = await peer([state])
      const from = await openPage(engine)
      await from.evaluate((address) => window.e2e.open([address]), address)
      await from.evaluate((root) => window.e2e.sync(root), rootOf(state))
      const file = await from.evaluate(async () => {
        const blob = await new Response(window.e2e.client.export()).blob()
        return new Promise<string>((resolve) => {
          const reader = new FileReader()
          reader.onload = () => resolve(String(reader.result))
          reader.readAsDataURL(blob)
        })
      })

      const context = await browser.newContext()
      watch(context)
      const to = await context.newPage()
      await to.goto(`${site}page/?engine=${engine}`)
      await to.waitForFunction(() => window.e2e !== undefined)
      const imported = await to.evaluate(
        async ([file, root]) => {
          await window.e2e.open([])
          return window.e2e.client.import(await (await fetch(file)).blob(), { root })
        },
        [file, rootOf(state)] as const,
      )
      const expected = await generatedNodes(ACCOUNTS, SEED)
      expect(imported).toMatchObject({ root: rootOf(state), nodes: expected.nodes.size, codes: expected.codes.size })
      expect(await to.evaluate(() => window.e2e.client.verify())).toMatchObject({ whole: true, damaged: 0 })
      await to.evaluate(() => window.e2e.client.close())
      const disk = await readDisk(to)
      expect(differences(nodesOf(disk.pages), expected.nodes)).toEqual(NO_DIFFERENCES)
      expect([...disk.codes.keys()].sort()).toEqual([...expected.codes.keys()].sort())
      expect([disk.wanted, disk.loose]).toEqual([0, []])
      await context.close()
    })

    test('verify finds every damaged page that no read has met, and a sync fetches just those', async ({
      openPage,
      peer,
      states,
    }) => {
      const state = await states.generated(ACCOUNTS, SEED)
      const { address, served } = await peer([state])
      const page = await openPage(engine)
      await page.evaluate((address) => window.e2e.open([address]), address)
      await page.evaluate((root) => window.e2e.sync(root), rootOf(state))
      await page.evaluate(() => window.e2e.client.close())
      const before = await readDisk(page)
      const damaged = [before.pages[2]!, before.pages.at(-1)!]
      for (const { key, bytes } of damaged)
        await overwritePage(
          page,
          encodePageKey(key),
          bytes.map((byte) => byte ^ 16),
        )

      await page.evaluate((address) => window.e2e.open([address]), address)
      expect(await page.evaluate(() => window.e2e.client.verify())).toMatchObject({ damaged: 2, whole: false })
      const stretches = damaged.map(({ key: { generation, start, end } }) => ({ generation, start, end }))
      expect(await page.evaluate(() => window.e2e.damages)).toEqual(stretches)

      served.clear()
      await page.evaluate((root) => window.e2e.sync(root), rootOf(state))
      expect(served.paths().sort()).toEqual(damaged.flatMap(({ nodes }) => [...nodes.keys()]))
      expect(await page.evaluate(() => window.e2e.client.verify())).toMatchObject({ whole: true })
    })
  })
}
