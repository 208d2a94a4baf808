/**
 * A browser is killed at random moments of a sync, again and again, and started on its profile. `KILLS=50` (`npm run
 * test:crash`) kills more often, and prints the measurements.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { seededRandom } from '../src/testing/random.ts'
import type { Path } from '../src/trie/path.ts'
import { differences, diskOf, NO_DIFFERENCES, nodesOf, readDisk, readRecords } from './disk.ts'
import { checkPages, checkRestart, type Sequence, sequenceOf } from './disk-check.ts'
import { DoomedBrowser } from './doomed-browser.ts'
import { expect, test } from './fixtures.ts'
import { type ExpectedNodes, generatedNodes } from './oracle.ts'
import type { TestPeer } from './peers.ts'
import { rootOf } from './states.ts'

const ACCOUNTS = 50_000
const STATE_SEED = 5
const KILLS = Number(process.env['KILLS'] ?? 5)
/** The seed of the moments of the kills. */
const SEED = Number(process.env['SEED'] ?? 1)
/** After so many kills, the sync may end and begins anew on an empty profile. */
const KILLS_A_SYNC = 5
const BYTES_PER_SECOND = 1_000_000
/** The allowed cost of a kill: bytes in flight, and uncommitted bytes. */
const MAX_LOST_BYTES = 2 * 1024 * 1024
const MAX_SHARE_FETCHED_AGAIN = 0.01

/** The cost of a kill: the bytes sent and not on disk, and the share of the bytes on disk sent again. */
interface Cost {
  readonly lostBytes: number
  readonly sharedAgain: number
}

test(`a browser that is killed ${KILLS} times in the middle of syncs loses what was in flight, and nothing else`, async ({
  site,
  peer,
  states,
  atEnd,
}) => {
  test.setTimeout(120_000 + KILLS * 15_000)
  const expected = await generatedNodes(ACCOUNTS, STATE_SEED)
  const state = await states.generated(ACCOUNTS, STATE_SEED)
  expect(rootOf(state)).toBe(expected.root)
  const server = await peer([state], { throttleBytesPerSecond: BYTES_PER_SECOND })
  const random = seededRandom(SEED)
  const costs: Cost[] = []
  while (costs.length < KILLS) {
    const profile = await mkdtemp(join(tmpdir(), 'rootlight-crash-'))
    atEnd(() => rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }))
    const history = new History({ profile, site, server, expected, atEnd })
    for (let left = Math.min(KILLS_A_SYNC, KILLS - costs.length); left > 0; left--) {
      await history.syncAndDie((random() * 2) / (left + 1))
    }
    costs.push(...(await history.syncToTheEnd()))
  }
  const worst = (key: keyof Cost) => Math.max(...costs.map((cost) => cost[key]))
  console.log(
    `${costs.length} kills: at most ${worst('lostBytes')} bytes lost, ${(100 * worst('sharedAgain')).toFixed(2)} % fetched again`,
  )
})

interface HistoryOptions {
  readonly profile: string
  readonly site: string
  readonly server: TestPeer
  readonly expected: ExpectedNodes
  readonly atEnd: (stop: () => Promise<void>) => void
}

/** The history of one profile, from life to life of its browser. */
class History {
  readonly #options: HistoryOptions
  readonly #sequence: Sequence
  readonly #costs: Cost[] = []
  /** The nodes on disk at the beginning of the last life. */
  #onDisk: ReadonlyMap<Path, Uint8Array> = new Map()
  #lives = 0

  constructor(options: HistoryOptions) {
    this.#options = options
    this.#sequence = sequenceOf(options.expected)
  }

  /** Syncs `share` of the missing nodes, then kills the browser. */
  async syncAndDie(share: number): Promise<void> {
    const { browser, page } = await this.#live()
    const missing = this.#sequence.length - this.#onDisk.size
    const wanted = this.#onDisk.size + share * missing
    await page.waitForFunction((nodes) => (window.e2e.latest.progress?.nodes ?? 0) >= nodes, wanted)
    await browser.kill()
  }

  /** Syncs to the end, and compares everything with the oracle. Returns the costs of the earlier kills. */
  async syncToTheEnd(): Promise<readonly Cost[]> {
    const { expected } = this.#options
    const { browser, page } = await this.#live()
    await page.waitForFunction(() => window.e2e.latest.outcome.state !== 'pending', undefined, { timeout: 60_000 })
    expect(await page.evaluate(() => window.e2e.latest.outcome)).toEqual({ state: 'resolved' })
    const disk = await readDisk(page)
    await browser.kill()
    expect(differences(nodesOf(disk.pages), expected.nodes)).toEqual(NO_DIFFERENCES)
    expect(differences(disk.codes, expected.codes)).toEqual(NO_DIFFERENCES)
    expect({ loose: disk.loose, wanted: disk.wanted }).toEqual({ loose: [], wanted: 0 })
    expect(this.#sharedAgain()).toBeLessThan(MAX_SHARE_FETCHED_AGAIN)
    return this.#costs
  }

  /** Starts a browser, inspects the disk of the last life, and begins to sync. */
  async #live(): Promise<{ browser: DoomedBrowser; page: Page }> {
    const { profile, site, server, expected, atEnd } = this.#options
    const browser = await DoomedBrowser.launch(profile)
    atEnd(() => browser.kill())
    const page = await browser.open(`${site}page/`)
    if (this.#lives++ > 0) await this.#judgeKill(page)
    server.served.clear()
    await page.evaluate((address) => window.e2e.open([address]), server.address)
    await page.evaluate((root) => void window.e2e.start({ root }), expected.root)
    return { browser, page }
  }

  async #judgeKill(page: Page): Promise<void> {
    const { server, expected } = this.#options
    const sharedAgain = this.#sharedAgain()
    expect(sharedAgain).toBeLessThan(MAX_SHARE_FETCHED_AGAIN)
    this.#onDisk = await this.#inspect(page)
    let lostBytes = 0
    for (const path of new Set(server.served.paths())) {
      if (!this.#onDisk.has(path)) lostBytes += expected.nodes.get(path)!.length
    }
    expect(lostBytes).toBeLessThanOrEqual(MAX_LOST_BYTES)
    this.#costs.push({ lostBytes, sharedAgain })
  }

  /** Checks each page, and the frontier derived from the pages. Returns the nodes on disk. */
  async #inspect(page: Page): Promise<ReadonlyMap<Path, Uint8Array>> {
    const { expected } = this.#options
    const records = await readRecords(page)
    const { pages, loose } = diskOf(records)
    checkPages(pages, this.#sequence)
    const looseNodes = nodesOf(loose)
    expect(differences(looseNodes, expected.nodes)).toMatchObject({ surplus: [], different: [] })
    await checkRestart(records, expected.root, this.#sequence)
    return new Map([...nodesOf(pages), ...looseNodes])
  }

  /** Returns the share of the nodes on disk at the beginning of the last life which were sent again. */
  #sharedAgain(): number {
    const served = new Set(this.#options.server.served.paths())
    const again = [...this.#onDisk.keys()].filter((path) => served.has(path))
    return again.length / Math.max(1, this.#onDisk.size)
  }
}
