/**
 * `npm run bench -- hostile --raw`: random input at every level below the protocol and in the protocol, sent to a
 * server in a process of its own. During and after each level an honest client syncs, in another process, and the
 * server reports its memory. Prints a JSON line a level on stdout and a table on stderr. Throws if the server has
 * ended, or a sync has failed.
 */
import { WebSocket } from 'ws'
import { FUZZ_LEVELS, fuzz } from '../../../src/testing/hostile/raw-fuzz.ts'
import { align } from '../tables.ts'
import { Child } from './child.ts'
import type { HonestSyncFigures } from './honest-sync.ts'
import type { ServingFigures } from './scene.ts'
import type { ServerQuestion, ServerReady } from './server.ts'

export interface RawOptions {
  readonly accounts: number
  /** Inputs at each level. */
  readonly inputs: number
  readonly seed: number
  /** Part of a level's name: only matching levels run. */
  readonly only: string
}

interface LevelFigures {
  readonly level: string
  readonly inputs: number
  readonly seconds: number
  /** The server's remaining heap before and after, and its largest memory. */
  readonly heapBeforeMB: number
  readonly heapAfterMB: number
  readonly peakRssMB: number
  /** Share of the time of the inputs: the server ran, and waited for a core. */
  readonly serverCpuPercent: number
  readonly serverQueuedPercent: number
  /** The honest client's finished syncs beside the inputs, and one after the inputs. */
  readonly syncs: number
  readonly syncMedianMs: number
  readonly syncLongestMs: number
  /** Times of the longest sync: the client ran, and waited for a core. */
  readonly longestCpuMs: number
  readonly longestQueuedMs: number
  readonly syncAfterMs: number
  /** Why the honest client lost the server or could not dial the server, each reason once. */
  readonly losses: readonly string[]
}

/** Inputs sent first, until all code has been loaded and compiled. */
const WARM_UP_INPUTS = 300

export async function fuzzServer({ accounts, inputs, seed, only }: RawOptions): Promise<void> {
  Object.assign(globalThis, { WebSocket })
  const started = await Child.start<ServerReady, ServerQuestion, ServingFigures>('./server.ts', { accounts })
  const { child, ready } = started
  const { child: honest } = await Child.start<object, object, HonestSyncFigures>('./honest-sync.ts', ready)
  const target = { address: ready.address, root: new Uint8Array(Buffer.from(ready.root, 'hex')) }
  const levels = Object.keys(FUZZ_LEVELS).filter((level) => level.includes(only))
  const rows: LevelFigures[] = []
  try {
    for (const level of levels) await fuzz(target, level, WARM_UP_INPUTS, seed + 1)
    await honest.ask({})
    let heapBeforeMB = await heapOf(child)
    for (const level of levels) {
      await child.ask({ isSettled: false })
      const beganAt = performance.now()
      const { beside, seconds } = await besides(honest, () => fuzz(target, level, inputs, seed))
      const { peakRssBytes, cpuMs, queuedMs = 0 } = await child.ask({ isSettled: false })
      const percent = 100 / (performance.now() - beganAt)
      const after = await honest.ask({})
      const heapAfterMB = await heapOf(child)
      const longest = beside.reduce((most, each) => (each.ms > most.ms ? each : most))
      const figures = {
        level,
        inputs,
        seconds,
        heapBeforeMB,
        heapAfterMB,
        peakRssMB: megabytes(peakRssBytes),
        serverCpuPercent: Math.round(percent * cpuMs),
        serverQueuedPercent: Math.round(percent * queuedMs),
        syncs: beside.length,
        syncMedianMs: median(beside.map(({ ms }) => ms)),
        syncLongestMs: longest.ms,
        longestCpuMs: longest.cpuMs,
        longestQueuedMs: longest.queuedMs,
        syncAfterMs: after.ms,
        losses: [...new Set([...beside, after].flatMap(({ losses }) => losses))],
      }
      console.log(JSON.stringify(figures))
      rows.push(figures)
      heapBeforeMB = heapAfterMB
    }
  } finally {
    await honest.stop()
    await child.stop()
  }
  console.error(table(rows))
}

/** Lets the honest client sync at least once during `run`. The last sync may end later. */
async function besides(honest: Child<object, HonestSyncFigures>, run: () => Promise<void>) {
  const beganAt = performance.now()
  let tookMs: number | null = null
  const running = run().finally(() => {
    tookMs = performance.now() - beganAt
  })
  running.catch(() => {}) // awaited below, after a sync
  const beside: HonestSyncFigures[] = []
  while (tookMs === null) beside.push(await honest.ask({}))
  await running
  return { beside, seconds: Math.round(tookMs / 1000) }
}

async function heapOf(child: Child<ServerQuestion, ServingFigures>): Promise<number> {
  return megabytes((await child.ask({ isSettled: true })).heapBytes ?? 0)
}

function table(rows: readonly LevelFigures[]): string {
  const head = [
    'inputs',
    's',
    'heap MB before',
    'after',
    'peak RSS MB',
    'CPU %',
    'queued %',
    'syncs',
    'median ms',
    'longest',
    'its CPU',
    'queued',
    'after',
  ]
  const cells = rows.map((row) => [
    String(row.inputs),
    String(row.seconds),
    row.heapBeforeMB.toFixed(1),
    row.heapAfterMB.toFixed(1),
    row.peakRssMB.toFixed(0),
    String(row.serverCpuPercent),
    String(row.serverQueuedPercent),
    String(row.syncs),
    String(row.syncMedianMs),
    String(row.syncLongestMs),
    String(row.longestCpuMs),
    String(row.longestQueuedMs),
    String(row.syncAfterMs),
    row.level,
  ])
  return `\n${align([[...head, 'level'], ...cells], head.length)}\n`
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1]!
}

function megabytes(bytes: number): number {
  return Number((bytes / 1e6).toFixed(1))
}
