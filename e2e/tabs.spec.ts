/** Several tabs of one origin with one database: one writes, the others follow, and a follower takes over. */
import { bytesToHex } from '@noble/hashes/utils.js'
import type { Page } from '@playwright/test'
import { SyntheticState } from '../src/server/synthetic.ts'
import { crashPage } from './crash-page.ts'
import { differences, NO_DIFFERENCES, nodesOf, readDisk } from './disk.ts'
import { type EngineThread, expect, test } from './fixtures.ts'
import { freeze } from './freeze.ts'
import { generatedNodes } from './oracle.ts'
import { gated } from './peers.ts'
import { rootOf } from './states.ts'

const ACCOUNTS = 3_000
const SEED = 4
/** Slow enough to be caught in the middle. */
const THROTTLE = { throttleBytesPerSecond: 300_000 }
/** An address without an account: each tab proves the absence from the disk. */
const ADDRESS = '0x000d836201318ec6899a67540690382780743280'

// Five tabs of the same browser open slowly on a machine with two cores.
test.describe.configure({ timeout: 120_000 })

const role = (page: Page) => page.evaluate(() => window.e2e.client.role())
const roles = (pages: readonly Page[]) => Promise.all(pages.map(role))
const hasProgress = (page: Page, fraction: number) =>
  page.waitForFunction((least) => (window.e2e.progress?.fraction ?? 0) > least, fraction)
const becomes = (page: Page, wanted: string) =>
  page.waitForFunction((wanted) => window.e2e.roles.at(-1) === wanted, wanted)
const outcome = (page: Page) => page.waitForFunction(() => window.e2e.latest.outcome.state !== 'pending')

/** Opens clients in as many tabs. The first is the writer. */
async function openTabs(
  openPage: (engine?: EngineThread) => Promise<Page>,
  count: number,
  address: string,
  engine?: EngineThread,
) {
  const pages: Page[] = []
  for (let i = 0; i < count; i++) {
    const page = await openPage(engine)
    await page.evaluate((address) => window.e2e.open([address]), address)
    pages.push(page)
  }
  return pages
}

for (const engine of ['worker', 'window'] as const) {
  test.describe(`engine in the ${engine}`, () => {
    test('a sync that a follower asks for runs in the writer; both see its progress, and read the same', async ({
      openPage,
      peer,
      states,
    }) => {
      const state = await states.generated(ACCOUNTS, SEED)
      const { address, served } = await peer([state], THROTTLE)
      const pages = await openTabs(openPage, 2, address, engine)
      const [writer, follower] = pages as [Page, Page]
      expect(await roles(pages)).toEqual(['writer', 'follower'])
      await follower.evaluate((root) => void window.e2e.start({ root }), rootOf(state))
      await hasProgress(writer, 0.3)
      await follower.waitForFunction(() => (window.e2e.latest.progress?.fraction ?? 0) > 0.3)
      await follower.evaluate(() => window.e2e.latest.sync.done)
      expect(await follower.evaluate(() => window.e2e.latest.phases.at(-1))).toBe('complete')
      const answers = await Promise.all(
        pages.map((page) => page.evaluate((a) => window.e2e.readAccounts([a]), ADDRESS)),
      )
      expect(answers).toEqual([answers[0], answers[0]])
      expect(JSON.parse(answers[0]!)).toEqual([{ root: rootOf(state), value: null }])
      expect([...served.paths()].length).toBe(new Set(served.paths()).size)
    })

    test('when the writer closes, the follower takes over, and asks for nothing that is on disk', async ({
      openPage,
      peer,
      states,
    }) => {
      const state = await states.generated(ACCOUNTS, SEED)
      const { address, served } = await peer([state], THROTTLE)
      const [writer, follower] = (await openTabs(openPage, 2, address, engine)) as [Page, Page]
      await writer.evaluate((root) => void window.e2e.start({ root }), rootOf(state))
      await hasProgress(follower, 0.3)
      await writer.evaluate(() => window.e2e.client.close())
      const kept = await onDisk(writer)
      served.clear()
      await becomes(follower, 'writer')
      await follower.evaluate((root) => window.e2e.sync(root), rootOf(state))
      expect(kept.size).toBeGreaterThan(0)
      expect([...served.paths()].filter((path) => kept.has(path))).toEqual([])
      await expectAll(follower)
    })

    test('when the writer is killed, the follower takes over, and asks for nothing that is on disk', async ({
      openPage,
      peer,
      states,
    }) => {
      const state = await states.generated(ACCOUNTS, SEED)
      const gate = gated()
      const { address, served } = await peer([state], { ...THROTTLE, vice: gate })
      const [writer, follower] = (await openTabs(openPage, 2, address, engine)) as [Page, Page]
      await writer.evaluate((root) => void window.e2e.start({ root }), rootOf(state))
      await hasProgress(follower, 0.5)
      gate.shut()
      await crashPage(writer)
      await becomes(follower, 'writer')
      const kept = await onDisk(follower)
      served.clear()
      gate.open()
      // The follower never asked for the sync, and is told of its progress all the same.
      await follower.waitForFunction(() => window.e2e.progress?.phase === 'complete')
      expect(kept.size).toBeGreaterThan(0)
      expect([...served.paths()].filter((path) => kept.has(path))).toEqual([])
      await expectAll(follower)
    })

    test('when the writer freezes, the follower takes over; thawed, it writes nothing, and follows', async ({
      openPage,
      peer,
      states,
    }) => {
      const state = await states.generated(ACCOUNTS, SEED)
      const { address } = await peer([state], THROTTLE)
      const pages = (await openTabs(openPage, 2, address, engine)) as [Page, Page]
      const [writer, follower] = pages
      await writer.evaluate((root) => void window.e2e.start({ root }), rootOf(state))
      await hasProgress(follower, 0.3)
      const thaw = await freeze(writer)
      await becomes(follower, 'writer')
      await follower.evaluate((root) => window.e2e.sync(root), rootOf(state))
      const before = await readDisk(follower)
      await thaw()
      await becomes(writer, 'follower')
      // Another tab has done the requested sync.
      await outcome(writer)
      expect(await writer.evaluate(() => window.e2e.latest.outcome.state)).toBe('resolved')
      const after = await readDisk(follower)
      expect(differences(nodesOf(after.pages), nodesOf(before.pages))).toEqual(NO_DIFFERENCES)
      expect(after.loose).toHaveLength(before.loose.length)
      expect(await roles(pages)).toEqual(['follower', 'writer'])
      await expectAll(follower)
    })
  })
}

test('five tabs: one writer at a time, through a close, a kill and a freeze; all read the same', async ({
  openPage,
  peer,
  states,
}) => {
  const state = await states.generated(ACCOUNTS, SEED)
  const { address } = await peer([state], { throttleBytesPerSecond: 100_000 })
  const pages = await openTabs(openPage, 5, address)
  expect(await roles(pages)).toEqual(['writer', ...Array(4).fill('follower')])
  const [a, b, c, d, e] = pages as [Page, Page, Page, Page, Page]
  for (const page of [d, e]) await page.evaluate((root) => void window.e2e.start({ root }), rootOf(state))
  await hasProgress(e, 0.1)
  await a.evaluate(() => window.e2e.client.close())
  await becomes(b, 'writer')
  await hasProgress(e, 0.2)
  await crashPage(b)
  await becomes(c, 'writer')
  await hasProgress(e, 0.3)
  const thaw = await freeze(c)
  const next = await Promise.race([d, e].map(async (page) => becomes(page, 'writer').then(() => page)))
  await thaw()
  await becomes(c, 'follower')
  expect((await roles([c, d, e])).filter((each) => each === 'writer')).toHaveLength(1)
  expect(await role(next)).toBe('writer')
  for (const page of [d, e]) await page.evaluate(() => window.e2e.latest.sync.done)
  const answers = await Promise.all(
    [c, d, e].map((page) => page.evaluate((a) => window.e2e.readAccounts([a]), ADDRESS)),
  )
  expect(answers).toEqual(Array(3).fill(answers[0]))
  expect(JSON.parse(answers[0]!)).toMatchObject([{ root: rootOf(state) }])
  await expectAll(e)
})

/** Returns the paths of the nodes in covering pages. */
async function onDisk(page: Page): Promise<Set<string>> {
  return new Set(nodesOf((await readDisk(page)).pages).keys())
}

/** Expects the disk to hold exactly the state. */
async function expectAll(page: Page): Promise<void> {
  const expected = await generatedNodes(ACCOUNTS, SEED)
  const { pages, wanted } = await readDisk(page)
  expect(wanted).toBe(0)
  expect(differences(nodesOf(pages), expected.nodes)).toEqual(NO_DIFFERENCES)
}

test('a follower reads what is on nobody’s disk through the writer, of a scope as well as of any root', async ({
  openPage,
  peer,
  states,
}) => {
  const state = await states.generated(ACCOUNTS, SEED)
  const { address, requests } = await peer([state])
  const [writer, follower] = (await openTabs(openPage, 2, address)) as [Page, Page]
  const root = rootOf(state)
  const known = new SyntheticState(SEED)
  const [first, second] = [known.account(5), known.account(6)]
  const addressOf = (account: typeof first) => `0x${bytesToHex(account.address)}`
  const balanceOf = async (page: Page, account: typeof first, at?: string) => {
    const read = await page.evaluate(
      async ({ address, options }) => {
        const { root, value } = await window.e2e.client.getAccount(address, options)
        return { root, balance: `${value?.balance}` }
      },
      { address: addressOf(account), options: at === undefined ? {} : { at: at as `0x${string}` } },
    )
    expect(read).toEqual({ root, balance: `${account.balance}` })
  }
  await balanceOf(follower, first, root)
  await follower.evaluate(({ root, accounts }) => window.e2e.start({ root, accounts }).sync.done, {
    root,
    accounts: [addressOf(first)],
  })
  const status = { complete: { root, whole: false }, target: { root, whole: false } }
  for (const page of [writer, follower]) {
    expect(await page.evaluate(() => window.e2e.client.status())).toMatchObject(status)
  }
  const before = requests()
  for (const page of [follower, writer]) await balanceOf(page, first)
  expect(requests()).toBe(before)
  for (const page of [follower, writer]) await balanceOf(page, second)
  expect(requests()).toBe(before + 1)
})
