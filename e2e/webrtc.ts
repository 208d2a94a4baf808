/** What the specs of WebRTC share: tabs in browser contexts of their own, relays, and the path that the bytes really took. */
import type { Browser, Page } from '@playwright/test'
import type { EngineThread } from './fixtures.ts'
import type { OpenOptions } from './page/main.ts'

declare global {
  interface Window {
    /** Every RTCPeerConnection of the page. */
    connections: RTCPeerConnection[]
  }
}

/** The test page in a browser context of its own: nothing on disk is shared. It ends with the browser. */
export async function openTab(browser: Browser, site: string, engine: EngineThread = 'worker'): Promise<Page> {
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.addInitScript(() => {
    window.connections = []
    const Native = window.RTCPeerConnection
    window.RTCPeerConnection = class extends Native {
      constructor(configuration?: RTCConfiguration) {
        super(configuration)
        window.connections.push(this)
      }
    }
  })
  await page.goto(`${site}page/?engine=${engine}`)
  await page.waitForFunction(() => window.e2e !== undefined)
  return page
}

/** Opens a client that serves others over `relay`, and resolves with where they can dial it. */
export async function openServing(
  page: Page,
  relay: string,
  peers: readonly string[],
  options: Pick<OpenOptions, 'serve'> = {},
): Promise<string> {
  await page.evaluate(
    async ({ relay, peers, options }) => {
      await window.e2e.open(peers, { serve: {}, ...options, webrtc: { relays: [relay] } })
    },
    { relay, peers, options },
  )
  await page.waitForFunction(() => window.e2e.client.addresses().length > 0)
  return page.evaluate(() => window.e2e.client.addresses()[0]!)
}

/** The candidates of the pair that each connection of the page has selected, and what came in over it. */
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
