/** One measured sync: new browsers with empty profiles, one page in each, one way for the state to come. */
import { setTimeout as pause } from 'node:timers/promises'
import { Browser, type Page } from '../browser.ts'
import type { MainThreadReport } from '../page-contract.ts'
import type { PeerSync, PeerTask } from '../peer-contract.ts'
import type { ServerReady } from '../server-process.ts'

/** From whom, and over what. */
export const WAYS = ['server-websocket', 'server-webrtc', 'tab-webrtc'] as const
export type Way = (typeof WAYS)[number]

export interface TransportRun {
  readonly siteUrl: string
  readonly server: ServerReady
  /** Multiaddrs of the relay by which tabs connect to each other. */
  readonly relays: readonly string[]
}

export interface TransportResult extends PeerSync {
  /** Of the tab that serves, while the other syncs; `null`: a server does. */
  readonly serving: MainThreadReport | null
  readonly chromium: string
}

/** How long pages are left alone: browsers start on both cores, and a tab says once a second what it has to serve. */
const SETTLE_MS = 2_000

export async function runOnce(run: TransportRun, way: Way): Promise<TransportResult> {
  const { address, webrtcAddress } = run.server
  switch (way) {
    case 'server-websocket':
      return syncFrom(run, address)
    case 'server-webrtc':
      if (webrtcAddress === null) throw new Error('the server does not listen for WebRTC')
      return syncFrom(run, webrtcAddress)
    case 'tab-webrtc':
      return syncFromTab(run)
  }
}

async function syncFromTab(run: TransportRun): Promise<TransportResult> {
  return inNewBrowser(run, async (serving) => {
    await open(serving, { address: run.server.address, root: run.server.root, relays: run.relays })
    await serving.evaluate('peer.sync()')
    return syncFrom(run, await serving.evaluate<string>('peer.address()'), serving)
  })
}

/** `serving` is the page at `address`, if one is there. */
async function syncFrom(run: TransportRun, address: string, serving: Page | null = null): Promise<TransportResult> {
  return inNewBrowser(run, async (page, browser) => {
    await open(page, { address, root: run.server.root, relays: [] })
    await pause(SETTLE_MS)
    await serving?.evaluate('peer.watch()')
    const result = await page.evaluate<PeerSync>('peer.sync()')
    const served = await serving?.evaluate<MainThreadReport>('peer.watched()')
    await page.evaluate(`peer.check(${JSON.stringify(run.server)})`)
    return { ...result, serving: served ?? null, chromium: await browser.version() }
  })
}

function open(page: Page, task: PeerTask): Promise<void> {
  return page.evaluate(`peer.open(${JSON.stringify(task)})`)
}

async function inNewBrowser<T>(
  { siteUrl }: TransportRun,
  use: (page: Page, browser: Browser) => Promise<T>,
): Promise<T> {
  const browser = await Browser.launch()
  try {
    return await use(await browser.openPage(`${siteUrl}/peer/index.html`), browser)
  } finally {
    await browser.close()
  }
}
