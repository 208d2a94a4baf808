/** One measured sync: new browsers with empty profiles, one page in each, one way for the state to travel. */
import { setTimeout as pause } from 'node:timers/promises'
import { Browser, type Page } from '../browser.ts'
import type { MainThreadReport } from '../page-contract.ts'
import type { PeerSync, PeerTask } from '../peer-contract.ts'
import type { ServerReady } from '../server-process.ts'

/** The source and the transport. */
export const WAYS = ['server-websocket', 'server-webrtc', 'tab-webrtc'] as const
export type Way = (typeof WAYS)[number]

export interface TransportRun {
  readonly siteUrl: string
  readonly server: ServerReady
  /** Multiaddrs of the relay which connects tabs to each other. */
  readonly relays: readonly string[]
}

export interface TransportResult extends PeerSync {
  /** The report on the serving tab during the sync; `null`: a server serves. */
  readonly serving: MainThreadReport | null
  readonly chromium: string
}

/** The pause of new pages: browsers start on both cores, and a tab announces its state once a second. */
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

/** Syncs from `address`. `serving` is the page there, if any. */
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
