/**
 * `test` and `expect` with the shared parts of the specs: states, peers stopped with their test, and pages without
 * errors.
 */
import { type BrowserContext, test as base, expect, type Page } from '@playwright/test'
import type { LevelSource } from '../src/server/index.ts'
import { SITE_VARIABLE } from './global-setup.ts'
import { type PeerOptions, startPeer, type TestPeer } from './peers.ts'
import { States } from './states.ts'

export { expect } from '@playwright/test'

/** The thread of the engine. */
export type EngineThread = 'worker' | 'window'

interface TestFixtures {
  /**
   * Uncaught errors of windows and workers. Any error fails the test at its end. A test with errors on purpose takes
   * them out.
   */
  readonly uncaught: string[]
  /** Watches a context made by the test itself, too. */
  readonly watch: (context: BrowserContext) => void
  /** Starts a peer, stopped at the end of the test. */
  readonly peer: (states: readonly LevelSource[], options?: PeerOptions) => Promise<TestPeer>
  /** Runs at the end of the test, the last one first. */
  readonly atEnd: (stop: () => Promise<void>) => void
  /** Opens the test page in the test's browser context. Another call opens another tab of the same origin. */
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
      // Playwright reports errors of a page's workers like errors of the page.
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
