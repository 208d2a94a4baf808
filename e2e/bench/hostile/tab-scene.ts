/**
 * A serving tab, an honest tab and a hostile tab: one browser each, over WebRTC. The serving tab has a core to itself.
 * The hostile tab gets the rest of the honest tab's core: a real attacker has a machine of its own. So an attack costs
 * the serving tab's time only.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { Browser, type Page } from '../browser.ts'
import { watchHeap } from '../memory.ts'
import { rendererUsage } from '../renderer.ts'
import type { ServerReady } from '../server-process.ts'
import type { AttackerFigures, HonestFigures, Scene } from './scene.ts'

export interface TabSceneOptions {
  readonly siteUrl: string
  /** The server from which the serving tab syncs the state. */
  readonly server: ServerReady
  readonly relay: string
}

/** Missing in the test's list: no serving side cuts greed off. */
export const GREED = 'greed, within the limits'

const SETTLE_MS = 2_000

export async function startTabScene({ siteUrl, server, relay }: TabSceneOptions): Promise<Scene> {
  const browsers: Browser[] = []
  async function open(folder: string, by: readonly string[]): Promise<[Browser, Page]> {
    const browser = await Browser.launch({ by })
    browsers.push(browser)
    return [browser, await browser.openPage(`${siteUrl}/${folder}/index.html`)]
  }
  const [browser, serving] = await open('peer', onCore(0))
  await serving.evaluate(
    `peer.open(${JSON.stringify({ address: server.address, root: server.root, relays: [relay] })})`,
  )
  await serving.evaluate('peer.sync()')
  const address = await serving.evaluate<string>('peer.address()')
  await pause(SETTLE_MS) // a tab says once a second what it has to serve
  const task = JSON.stringify({ address, relay, root: server.root })
  const [, honest] = await open('stranger', onCore(1))
  const [, hostile] = await open('stranger', [...onCore(1), 'nice', '-n', '19'])
  for (const page of [honest, hostile]) await page.evaluate(`stranger.open(${task})`)

  let stopHeap = watchHeap(browser, serving)
  let last = await rendererUsage(browser)
  return {
    ask: (ms) => honest.evaluate<HonestFigures>(`stranger.ask(${ms})`),
    attack: (name, ms) => hostile.evaluate<AttackerFigures>(`stranger.attack(${JSON.stringify(name)}, ${ms})`),
    async served() {
      const peakHeldBytes = await stopHeap()
      const now = await rendererUsage(browser)
      const cpuMs = now.cpuMs - last.cpuMs
      last = now
      stopHeap = watchHeap(browser, serving)
      return { cpuMs, peakRssBytes: now.rssBytes, peakHeldBytes }
    },
    async stop() {
      await stopHeap()
      for (const each of browsers) await each.close()
    },
  }
}

function onCore(core: number): readonly string[] {
  return ['taskset', '--cpu-list', String(core)]
}
