/** `test` and `expect` with what the specs share: states, peers that end with their test, and pages that must not complain. */
import { type BrowserContext, test as base, expect, type Page } from '@playwright/test'
import type { LevelSource } from '../src/server/index.ts'
import { SITE_VARIABLE } from './global-setup.ts'
import { type PeerOptions, startPeer, type TestPeer } from './peers.ts'
import { States } from './states.ts'

export { expect } from '@playwright/test'

/** Where the engine runs. */
export type EngineThread = 'worker' | 'window'

interface TestFixtures {
  /**
   * Errors that nobody caught, in windows and in workers: any of them fails the test at its end. A test that makes some itself
   * takes them out.
   */
  readonly uncaught: string[]
  /** Watches a context that the test has made itself, too. */
  readonly watch: (context: BrowserContext) => void
  /** Starts a peer that is stopped at the end of the test. */
  readonly peer: (states: readonly LevelSource[], options?: PeerOptions) => Promise<TestPeer>
  /** Runs at the end of the test, the last one first. */
  readonly atEnd: (stop: () => Promise<void>) => void
  /** Opens the test page in the test's browser context: another call is another tab of the same origin. */
  readonly openPage: (engine?: EngineThread) => Promise<Page>
}

interface WorkerFixtures {
  readonly states: States
  readonly site: string
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads what a fixture needs from this pattern.
  atEnd: async ({}, use) => {
    const stops: (() => Promise<void>)[] = []
    await use((stop) => void stops.push(stop))
    for (const stop of stops.reverse()) await stop()
  },

  uncaught: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads what a fixture needs from this pattern.
    async ({}, use) => {
      const uncaught: string[] = []
      await use(uncaught)
      expect(uncaught, 'errors that nobody caught').toEqual([])
    },
    { auto: true },
  ],

  watch: async ({ uncaught }, use) => {
    await use((context) => {
      // Playwright tells of those in a page's workers as of the page's own.
      context.on('weberror', (event) => uncaught.push(String(event.error().stack ?? event.error())))
    })
  },

  context: async ({ context, watch }, use) => {
    watch(context)
    await use(context)
  },

  peer: async ({ atEnd }, use) => {
    await use(async (states, options) => {
      const peer = await startPeer(states, options)
      atEnd(() => peer.stop())
      return peer
    })
  },

  openPage: async ({ context, site }, use) => {
    await use(async (engine = 'worker') => {
      const page = await context.newPage()
      await page.goto(`${site}page/?engine=${engine}`)
      await page.waitForFunction(() => window.e2e !== undefined)
      return page
    })
  },

  states: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads what a fixture needs from this pattern.
    async ({}, use) => {
      const states = new States()
      await use(states)
      await states.close()
    },
    { scope: 'worker' },
  ],

  site: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads what a fixture needs from this pattern.
    async ({}, use) => {
      const url = process.env[SITE_VARIABLE]
      if (url === undefined) throw new Error('the pages are served by global-setup.ts: run this with -c e2e')
      await use(url)
    },
    { scope: 'worker' },
  ],
})
