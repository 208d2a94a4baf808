/**
 * The shared parts of the specs of WebRTC: tabs in browser contexts of their own, relays, and the real path of the
 * bytes.
 */
import type { Page } from '@playwright/test'
import { type RunningRelay, startRelay } from '../src/server/index.ts'
import { test as base, type EngineThread } from './fixtures.ts'
import type { OpenOptions } from './page/main.ts'

declare global {
  interface Window {
    /** Every RTCPeerConnection of the page. */
    connections: RTCPeerConnection[]
  }
}

interface Fixtures {
  /** Stopped at the end of the test. */
  readonly relay: RunningRelay
  /** Opens the test page in a browser context of its own: tabs share nothing on disk. */
  readonly openTab: (engine?: EngineThread) => Promise<Page>
}

export const test = base.extend<Fixtures>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads what a fixture needs from this pattern.
  relay: async ({}, use) => {
    const relay = await startRelay()
    await use(relay)
    await relay.close()
  },

  openTab: async ({ browser, site, atEnd, watch }, use) => {
    await use(async (engine = 'worker') => {
      const context = await browser.newContext()
      watch(context)
      atEnd(() => context.close())
      const page = await context.newPage()
      await page.addInitScript(recordConnections)
      await page.goto(`${site}page/?engine=${engine}`)
      await page.waitForFunction(() => window.e2e !== undefined)
      return page
    })
  },
})

function recordConnections(): void {
  window.connections = []
  const Native = window.RTCPeerConnection
  window.RTCPeerConnection = class extends Native {
    constructor(configuration?: RTCConfiguration) {
      super(configuration)
      window.connections.push(this)
    }
  }
}

/** Opens a client serving others over `relay`. Resolves with the addresses for other tabs. */
export async function openServing(
  page: Page,
  relay: RunningRelay,
  peers: readonly string[],
  serve: NonNullable<OpenOptions['serve']> = {},
): Promise<string> {
  await page.evaluate(({ relays, peers, serve }) => window.e2e.open(peers, { serve, webrtc: { relays } }), {
    relays: relay.multiaddrs,
    peers,
    serve,
  })
  await page.waitForFunction(() => window.e2e.client.addresses().length > 0)
  return page.evaluate(() => window.e2e.client.addresses()[0]!)
}

/** Returns the candidates of the selected pair of each connection of the page, and the bytes received over each. */
export async function selectedPairs(page: Page) {
  return page.evaluate(async () => {
    const pairs: {
      readonly local: string
      readonly remote: string
      readonly protocol: string
      readonly bytes: number
    }[] = []
    for (const connection of window.connections) {
      const stats = new Map<string, Record<string, string & number>>()
      for (const stat of (await connection.getStats()).values()) stats.set(stat.id, stat)
      const transport = [...stats.values()].find(({ type }) => type === 'transport')
      const pair = stats.get(transport?.['selectedCandidatePairId'] ?? '')
      const local = stats.get(pair?.['localCandidateId'] ?? '')
      const remote = stats.get(pair?.['remoteCandidateId'] ?? '')
      if (pair === undefined || local === undefined || remote === undefined) continue
      pairs.push({
        local: local['candidateType']!,
        remote: remote['candidateType']!,
        protocol: local['protocol']!,
        bytes: pair['bytesReceived']!,
      })
    }
    return pairs
  })
}

/** Opens a client and waits until all `peers` are connected: an unknown root keeps the dialer busy. */
export async function connect(page: Page, peers: readonly string[], options: OpenOptions = {}): Promise<void> {
  await page.evaluate(({ peers, options }) => window.e2e.open(peers, options), { peers, options })
  await page.evaluate((root) => void window.e2e.start({ root }), `0x${'11'.repeat(32)}`)
  await page.waitForFunction(
    (count) => window.e2e.peers().filter(({ state }) => state === 'connected').length === count,
    peers.length,
  )
}
