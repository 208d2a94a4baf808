/**
 * `npm run bench -- hostile --raw --tab`: random input at every level below the protocol and in the protocol, sent by
 * servers to dialing tabs. A page of a real Chromium has several clients at a time. Each client has many hostile
 * servers and one honest server, and has to sync. Prints a JSON line a level on stdout and a table on stderr. Throws if
 * a sync or a read fails, if the page or a worker ends, or if an error stays uncaught.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { TAB_FUZZ_LEVELS, type TabFuzzLevel } from '../../../src/testing/hostile/fuzzing-server.ts'
import { portOf } from '../../../src/testing/hostile/raw-socket.ts'
import { Browser, type Page } from '../browser.ts'
import { serveSite } from '../build.ts'
import type { ClientSync, ClientTask } from '../dialer-contract.ts'
import { collectedHeapBytes } from '../memory.ts'
import { rendererUsage } from '../renderer.ts'
import { align } from '../tables.ts'
import { Child } from './child.ts'
import type { RawOptions } from './raw.ts'
import type { FuzzingAnswer, FuzzingQuestion } from './raw-tab-server.ts'
import type { ServingFigures } from './scene.ts'
import type { ServerQuestion, ServerReady } from './server.ts'

/** Hostile servers of a client. With the honest one, as many as libp2p dials at a time. */
const SERVERS = 49
/** Clients at a time. Chromium delays each of many parallel dials by 1 to 5 s, and allows 255 dials in all. */
const CLIENT_NAMES = ['a', 'b', 'c', 'd']
/** The time limit of a level, whatever the number of inputs. */
const LEVEL_MS = 170_000
/** The time limit of a step in the page. The longest step is a sync. */
const STEP_MS = 90_000
/** The time limit for dialing all servers of a client. */
const DIALS_MS = 15_000
const POLL_MS = 250
/** Longer than the time limit of any open obligation. */
const SETTLE_MS = 40_000

interface LevelFigures {
  readonly level: TabFuzzLevel
  /** Answered dials, and the inputs sent. Above noise, a connection carries several inputs. */
  readonly dials: number
  readonly inputs: number
  readonly seconds: number
  readonly clients: number
  /** Heap of the window and the kept client after garbage collection: after the first dials, and at the end. */
  readonly heapBeforeMB: number
  readonly heapAfterMB: number
  readonly peakRssMB: number
  /** Sockets at the servers: the most, the number at the end, and the number which the tab should have closed. */
  readonly mostOpen: number
  readonly openAfter: number
  readonly kept: number
  /** The median of syncs beside silent addresses, the syncs beside the inputs, and one sync after the inputs. */
  readonly syncAloneMs: number
  readonly syncMedianMs: number
  readonly syncLongestMs: number
  readonly syncAfterMs: number
  /** How many clients lost the honest server or could not dial the server, by reason. */
  readonly losses: Readonly<Record<string, number>>
  /** How the hostile servers have left the kept client. */
  readonly verdicts: Readonly<Record<string, number>>
  readonly uncaught: readonly string[]
}

type Hostile = Child<FuzzingQuestion, FuzzingAnswer>

export async function fuzzTab({ accounts, inputs, seed, only }: RawOptions): Promise<void> {
  const site = await serveSite(['dialer'], { readable: false })
  const { child: honest, ready } = await Child.start<ServerReady, ServerQuestion, ServingFigures>('./server.ts', {
    accounts,
  })
  const rows: LevelFigures[] = []
  try {
    for (const level of TAB_FUZZ_LEVELS.filter((name) => name.includes(only))) {
      const row = await fuzzLevel(`${site.url}/dialer/index.html`, ready, { level, inputs, seed })
      console.log(JSON.stringify(row))
      rows.push(row)
    }
  } finally {
    await honest.stop()
    await site.close()
  }
  console.error(table(rows))
  const uncaught = rows.flatMap((row) => row.uncaught)
  if (uncaught.length > 0) throw new Error(`nobody caught:\n${uncaught.join('\n')}`)
}

interface LevelOptions {
  readonly level: TabFuzzLevel
  readonly inputs: number
  readonly seed: number
}

/** Runs a level in a browser of its own, with servers of its own. */
async function fuzzLevel(url: string, honest: ServerReady, options: LevelOptions): Promise<LevelFigures> {
  const { child: hostile } = await Child.start<object, FuzzingQuestion, FuzzingAnswer>('./raw-tab-server.ts', {})
  const browser = await Browser.launch()
  try {
    const page = await browser.openPage(url)
    return await fuzzPage(browser, page, hostile, honest, options)
  } finally {
    await browser.close()
    await hostile.stop()
  }
}

async function fuzzPage(
  browser: Browser,
  page: Page,
  hostile: Hostile,
  { address, root }: ServerReady,
  { level, inputs, seed }: LevelOptions,
): Promise<LevelFigures> {
  const uncaught = await page.watchUncaught()
  const started = { ask: 'start', level, seed, addresses: SERVERS, honestPort: portOf(address), root } as const
  const { addresses } = await hostile.ask(started)
  const task = taskOf(addresses, address, root)
  const inVain = taskOf(silentAddresses(), address, root)
  const alone = await Promise.all(CLIENT_NAMES.map((name) => syncOnce(page, `alone-${name}`, inVain)))

  const beganAt = performance.now()
  const beside = [await sync(page, 'resident', task)]
  await dialed(page, 'resident')
  const heapBefore = await collectedHeapBytes(browser, page)
  let clients = 0
  const goOn = async () => {
    while ((await hostile.ask({ ask: 'count' })).inputs < inputs && performance.now() - beganAt < LEVEL_MS) {
      const name = String(clients++)
      beside.push(await sync(page, name, task))
      await dialed(page, name)
      await step(page, `dialer.close('${name}')`)
    }
  }
  await Promise.all(CLIENT_NAMES.map(goOn))
  const seconds = Math.round((performance.now() - beganAt) / 1000)

  await hostile.ask({ ask: 'quiet' })
  const { dials, inputs: made, open, mostOpen, kept } = await settled(hostile)
  const heapAfter = await collectedHeapBytes(browser, page)
  const verdicts = await step<Record<string, number>>(page, `dialer.verdicts('resident')`)
  await step(page, `dialer.read('resident')`)
  const after = await syncOnce(page, 'after', task)
  const { peakRssBytes } = await rendererUsage(browser)
  return {
    level,
    dials,
    inputs: made,
    seconds,
    clients,
    heapBeforeMB: megabytes(heapBefore),
    heapAfterMB: megabytes(heapAfter),
    peakRssMB: megabytes(peakRssBytes),
    mostOpen,
    openAfter: open,
    kept,
    syncAloneMs: median(alone.map(({ ms }) => ms)),
    syncMedianMs: median(beside.map(({ ms }) => ms)),
    syncLongestMs: Math.max(...beside.map(({ ms }) => ms)),
    syncAfterMs: after.ms,
    losses: tally([...alone, ...beside, after].flatMap(({ losses }) => losses)),
    verdicts,
    uncaught,
  }
}

/** Returns a client's task. The honest server is the last of the peers. */
function taskOf(hostile: readonly string[], honest: string, root: string): ClientTask {
  return { peers: [...hostile, honest], honest, root: `0x${root}` }
}

/** Returns addresses without a listener, for the cost of failing dials. */
function silentAddresses(): string[] {
  return Array.from({ length: SERVERS }, (_, i) => `/ip4/127.67.0.${i}/tcp/1024/ws`)
}

function sync(page: Page, name: string, task: ClientTask): Promise<ClientSync> {
  return step(page, `dialer.sync('${name}', ${JSON.stringify(task)})`)
}

async function syncOnce(page: Page, name: string, task: ClientTask): Promise<ClientSync> {
  const synced = await sync(page, name, task)
  await step(page, `dialer.close('${name}')`)
  return synced
}

/** Waits until the client has a verdict about each of its servers, or the time is over. */
async function dialed(page: Page, name: string): Promise<void> {
  const until = performance.now() + DIALS_MS
  while (performance.now() < until) {
    const { 'none yet': left = 0 } = await step<Record<string, number>>(page, `dialer.verdicts('${name}')`)
    if (left === 0) return
    await pause(POLL_MS)
  }
}

/** Returns the servers' counts once all sockets are closed, or at least all which should be. */
async function settled(hostile: Hostile): Promise<FuzzingAnswer> {
  const until = performance.now() + SETTLE_MS
  for (;;) {
    const counts = await hostile.ask({ ask: 'count' })
    if (counts.open === 0 || performance.now() > until) return counts
    await pause(POLL_MS)
  }
}

/** Evaluates one step. Rejects if the page does not answer, for instance after a crash. */
async function step<T>(page: Page, expression: string): Promise<T> {
  const ended = new AbortController()
  const late = pause(STEP_MS, null, { signal: ended.signal }).then(() => {
    throw new Error(`the page does not answer: ${expression.slice(0, 100)}`)
  })
  try {
    return await Promise.race([page.evaluate<T>(expression), late])
  } finally {
    ended.abort()
    late.catch(() => {}) // it was given up
  }
}

function table(rows: readonly LevelFigures[]): string {
  const head = [
    'dials',
    'inputs',
    's',
    'clients',
    'heap MB before',
    'after',
    'peak RSS MB',
    'most open',
    'left',
    'kept',
  ]
  const times = ['sync alone ms', 'beside', 'longest', 'after', 'uncaught', 'level']
  const cells = rows.map((row) => [
    String(row.dials),
    String(row.inputs),
    String(row.seconds),
    String(row.clients),
    row.heapBeforeMB.toFixed(1),
    row.heapAfterMB.toFixed(1),
    row.peakRssMB.toFixed(0),
    String(row.mostOpen),
    String(row.openAfter),
    String(row.kept),
    String(row.syncAloneMs),
    String(row.syncMedianMs),
    String(row.syncLongestMs),
    String(row.syncAfterMs),
    String(row.uncaught.length),
    row.level,
  ])
  return `\n${align([[...head, ...times], ...cells], head.length + times.length - 1)}\n`
}

function tally(reasons: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const reason of reasons) counts[reason] = (counts[reason] ?? 0) + 1
  return counts
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1]!
}

function megabytes(bytes: number): number {
  return Number((bytes / 1e6).toFixed(1))
}
