/**
 * `npm run bench -- reads`: the first verified answer with nothing on disk, from a peer far away; the cost of a scope
 * beside the whole state; and the time of reads of a complete state.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { bytesToHex } from '@noble/hashes/utils.js'
import { SyntheticState } from '../../../src/server/synthetic.ts'
import { seededRandom } from '../../../src/testing/random.ts'
import { Browser, type Page } from '../browser.ts'
import { serveSite } from '../build.ts'
import { parseTabOptions, type TabOptions } from '../options.ts'
import { saveResults } from '../save.ts'
import { ServerProcess } from '../server-process.ts'
import type { FirstRead, ReadsTask, ScopeSync } from './contract.ts'
import { type DelayedRelay, startDelayedRelay } from './delayed-relay.ts'
import { latencyOf, middleOf, type ReadsSummary, readsTable, type ScopeFigures, TARGET_MS } from './figures.ts'

const ROUND_TRIP_MS = 40
const COLD_READS = 500
const WARM_ACCOUNTS = 20
const WARM_ROUNDS = 25
/** The pause of a new browser: its own start takes both cores. */
const SETTLE_MS = 1_000

/** Runs the benchmark. `args` are the words after the command's name. */
export async function benchReads(args: readonly string[]): Promise<void> {
  const options = parseTabOptions(args, '200000')
  const site = await serveSite(['reads'], { readable: false })
  try {
    for (const accounts of options.accounts) {
      const { summary, chromium } = await measureReads(options, site.url, accounts)
      console.error(readsTable(summary))
      if (options.save) {
        const figures = { seed: options.seed, summary }
        console.error(`saved to ${await saveResults({ name: `reads-${accounts}`, chromium, figures })}`)
      }
      console.log(JSON.stringify(summary))
    }
  } finally {
    await site.close()
  }
}

/** Measures reads. The page is in `reads` below `siteUrl`. */
export async function measureReads(
  { seed, runs, data }: Pick<TabOptions, 'seed' | 'runs' | 'data'>,
  siteUrl: string,
  accounts: number,
): Promise<{ readonly summary: ReadsSummary; readonly chromium: string }> {
  const kept = data === undefined ? {} : { data }
  const server = await ServerProcess.start({ synthetic: { accounts, seed }, straight: false, ...kept })
  const port = Number(/\/tcp\/(\d+)/.exec(server.ready.address)?.[1])
  const relay = await startDelayedRelay(port, ROUND_TRIP_MS)
  const profile = await mkdtemp(join(tmpdir(), 'rootlight-reads-'))
  try {
    return await new Measurement({ siteUrl, server, relay, profile, accounts, seed }).run(runs)
  } finally {
    relay.close()
    await server.stop()
    await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
}

interface Parts {
  readonly siteUrl: string
  readonly server: ServerProcess
  readonly relay: DelayedRelay
  /** The profile of the browser with the whole state. */
  readonly profile: string
  readonly accounts: number
  readonly seed: number
}

class Measurement {
  readonly #parts: Parts
  readonly #state: SyntheticState
  readonly #random = seededRandom(1)
  #chromium = ''

  constructor(parts: Parts) {
    this.#parts = parts
    this.#state = new SyntheticState(parts.seed)
  }

  async run(runs: number) {
    const { accounts } = this.#parts
    const firsts: { readonly fromConnection: number; readonly fromCall: number }[] = []
    const scopes: {
      readonly ms: number
      readonly connectedMs: number
      readonly wireBytes: number
      readonly requests: number
    }[] = []
    // Run 0 warms up the server.
    for (let run = 0; run <= runs; run++) {
      const first = await this.#first()
      const scope = await this.#scope()
      console.log(JSON.stringify({ run, ...first, scope }))
      if (run === 0) continue
      firsts.push(first)
      scopes.push(scope)
    }
    const whole = await this.#whole()
    const { cold, warm } = await this.#latencies()
    const middle = middleOf(firsts, ['fromConnection', 'fromCall'])
    const scope: ScopeFigures = { ...middleOf(scopes, ['ms', 'connectedMs', 'wireBytes', 'requests']), ...whole }
    const summary: ReadsSummary = {
      summary: true,
      accounts,
      roundTripMs: ROUND_TRIP_MS,
      firstReadMs: middle.fromConnection,
      firstReadWorstMs: Math.max(...firsts.map(({ fromConnection }) => fromConnection)),
      firstReadFromCallMs: middle.fromCall,
      targetMs: TARGET_MS,
      isMet: middle.fromConnection < TARGET_MS,
      scope,
      cold,
      warm,
    }
    return { summary, chromium: this.#chromium }
  }

  async #first() {
    const { answeredAt, calledAt } = await this.#inBrowser(null, (page) =>
      page.evaluate<FirstRead>(`reads.first(${JSON.stringify(this.#far())}, '${this.#account()}')`),
    )
    return { fromConnection: answeredAt - this.#parts.relay.connectedAt, fromCall: answeredAt - calledAt }
  }

  async #scope() {
    const accounts = Array.from({ length: 20 }, () => this.#account())
    const storage = Object.fromEntries(this.#contracts(2).map((contract) => [contract, 'all']))
    const { server } = this.#parts
    const before = await server.counters()
    const { ms, connectedMs } = await this.#inBrowser(null, (page) =>
      page.evaluate<ScopeSync>(`reads.sync(${JSON.stringify(this.#far())}, ${JSON.stringify({ accounts, storage })})`),
    )
    const after = await server.counters()
    return {
      ms: Math.round(ms),
      connectedMs: Math.round(connectedMs),
      wireBytes: after.wireBytes - before.wireBytes,
      requests: after.requests - before.requests,
    }
  }

  /** Syncs the whole state to the profile of the reads. */
  async #whole() {
    const { server, profile } = this.#parts
    const before = await server.counters()
    await this.#inBrowser(profile, async (page) => {
      await page.evaluate(`reads.sync(${JSON.stringify(this.#near())}, {})`)
      await page.evaluate('reads.close()')
    })
    const after = await server.counters()
    return { wholeBytes: after.wireBytes - before.wireBytes, wholeRequests: after.requests - before.requests }
  }

  async #latencies() {
    return this.#inBrowser(this.#parts.profile, async (page) => {
      await page.evaluate(`reads.open(${JSON.stringify(this.#near())})`)
      const read = (accounts: readonly string[]) => page.evaluate<number[]>(`reads.read(${JSON.stringify(accounts)})`)
      const cold = latencyOf(await read(Array.from({ length: COLD_READS }, () => this.#account())))
      const few = Array.from({ length: WARM_ACCOUNTS }, () => this.#account())
      await read(few)
      const warm = latencyOf(await read(Array.from({ length: WARM_ROUNDS }, () => few).flat()))
      await page.evaluate('reads.close()')
      return { cold, warm }
    })
  }

  /** Returns the task with the server behind the relay. */
  #far(): ReadsTask {
    const { server, relay } = this.#parts
    return { root: server.ready.root, address: server.ready.address.replace(/\/tcp\/\d+/, `/tcp/${relay.port}`) }
  }

  #near(): ReadsTask {
    const { root, address } = this.#parts.server.ready
    return { root, address }
  }

  #account(): string {
    return this.#addressOf(this.#random.int(this.#parts.accounts))
  }

  /** Returns contracts with some dozens of slots each. */
  #contracts(count: number): string[] {
    const found: string[] = []
    for (let index = 0; found.length < count && index < this.#parts.accounts; index++) {
      const { length } = this.#state.account(index).slots
      if (length > 20 && length < 100) found.push(this.#addressOf(index))
    }
    return found
  }

  #addressOf(index: number): string {
    return `0x${bytesToHex(this.#state.address(index))}`
  }

  async #inBrowser<T>(profile: string | null, use: (page: Page) => Promise<T>): Promise<T> {
    const browser = await Browser.launch(profile === null ? {} : { kept: profile })
    try {
      this.#chromium = await browser.version()
      const page = await browser.openPage(`${this.#parts.siteUrl}/reads/index.html`)
      await pause(SETTLE_MS)
      return await use(page)
    } finally {
      await browser.close()
    }
  }
}
