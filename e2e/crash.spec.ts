/**
 * A browser that is killed at random moments of a sync, again and again, and started on what is left. `KILLS=50` (`npm run
 * test:crash`) kills more often, and says what it measured.
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
/** Of the moments of the kills. */
const SEED = Number(process.env['SEED'] ?? 1)
/** Then it may end, and begins anew on an empty profile. */
const KILLS_A_SYNC = 5
const BYTES_PER_SECOND = 1_000_000
/** What a kill may cost: bytes in flight, and what was not committed yet. */
const MAX_LOST_BYTES = 2 * 1024 * 1024
const MAX_SHARE_FETCHED_AGAIN = 0.01

/** What a kill cost: bytes that had been sent and are not on disk, and which share of what is on disk was sent again. */
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

/** What happens on one profile, from life to life of its browser. */
class History {
  readonly #options: HistoryOptions
  readonly #sequence: Sequence
  readonly #costs: Cost[] = []
  /** What stood on disk when the last life began. */
  #onDisk: ReadonlyMap<Path, Uint8Array> = new Map()
  #lives = 0

  constructor(options: HistoryOptions) {
    this.#options = options
    this.#sequence = sequenceOf(options.expected)
  }

  /** Syncs `share` of what is missing, and is killed. */
  async syncAndDie(share: number): Promise<void> {
    const { browser, page } = await this.#live()
    const missing = this.#sequence.length - this.#onDisk.size
    const wanted = this.#onDisk.size + share * missing
    await page.waitForFunction((nodes) => (window.e2e.latest.progress?.nodes ?? 0) >= nodes, wanted)
    await browser.kill()
  }

  /** Syncs to the end, and compares all of it with the oracle. Returns what the kills before have cost. */
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

  /** Starts a browser, looks at what the one before has left, and begins to sync. */
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

  /** Every page is valid, and the frontier that follows from them is exact. Returns the nodes on disk. */
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

  /** Of what was on disk when the last life began, the share that was sent to it again. */
  #sharedAgain(): number {
    const served = new Set(this.#options.server.served.paths())
    const again = [...this.#onDisk.keys()].filter((path) => served.has(path))
    return again.length / Math.max(1, this.#onDisk.size)
  }
}
