/**
 * `npm run bench -- hostile --raw`: anything at every level below the protocol and at it, to a server in a process of its own;
 * after each level an honest client syncs, and the server says what it holds. A JSON line a level on stdout, a table on stderr;
 * it throws if the server has ended.
 */
import { WebSocket } from 'ws'
import { syncHonestly } from '../../../src/testing/hostile/honest-sync.ts'
import { FUZZ_LEVELS, fuzz } from '../../../src/testing/hostile/raw-fuzz.ts'
import { align } from '../tables.ts'
import { Child } from './child.ts'
import type { ServingFigures } from './scene.ts'
import type { ServerQuestion, ServerReady } from './server.ts'

export interface RawOptions {
  readonly accounts: number
  /** At each level. */
  readonly inputs: number
  readonly seed: number
  /** Levels whose name has it. */
  readonly only: string
}

interface LevelFigures {
  readonly level: string
  readonly inputs: number
  readonly seconds: number
  /** Of the server: what is left on its heap before and after, and the most memory that it had. */
  readonly heapBeforeMB: number
  readonly heapAfterMB: number
  readonly peakRssMB: number
  /** Of the honest client, beside the inputs and after them. */
  readonly syncBesideMs: number
  readonly syncAfterMs: number
}

/** As many inputs as it takes until everything has been loaded and compiled. */
const WARM_UP_INPUTS = 300

export async function fuzzServer({ accounts, inputs, seed, only }: RawOptions): Promise<void> {
  Object.assign(globalThis, { WebSocket })
  const started = await Child.start<ServerReady, ServerQuestion, ServingFigures>('./server.ts', { accounts })
  const { child } = started
  const target = { address: started.ready.address, root: new Uint8Array(Buffer.from(started.ready.root, 'hex')) }
  const levels = Object.keys(FUZZ_LEVELS).filter((level) => level.includes(only))
  const rows: LevelFigures[] = []
  try {
    for (const level of levels) await fuzz(target, level, WARM_UP_INPUTS, seed + 1)
    let heapBeforeMB = await heapOf(child)
    for (const level of levels) {
      await child.ask({ isSettled: false })
      const beganAt = performance.now()
      const [syncBesideMs] = await Promise.all([timed(() => syncHonestly(target)), fuzz(target, level, inputs, seed)])
      const seconds = Math.round((performance.now() - beganAt) / 1000)
      const { peakRssBytes } = await child.ask({ isSettled: false })
      const syncAfterMs = await timed(() => syncHonestly(target))
      const heapAfterMB = await heapOf(child)
      const peakRssMB = megabytes(peakRssBytes)
      const figures = { level, inputs, seconds, heapBeforeMB, heapAfterMB, peakRssMB, syncBesideMs, syncAfterMs }
      console.log(JSON.stringify(figures))
      rows.push(figures)
      heapBeforeMB = heapAfterMB
    }
  } finally {
    await child.stop()
  }
  console.error(table(rows))
}

async function heapOf(child: Child<ServerQuestion, ServingFigures>): Promise<number> {
  return megabytes((await child.ask({ isSettled: true })).heapBytes ?? 0)
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const beganAt = performance.now()
  await run()
  return Math.round(performance.now() - beganAt)
}

function table(rows: readonly LevelFigures[]): string {
  const head = ['inputs', 's', 'heap MB before', 'after', 'peak RSS MB', 'sync beside ms', 'after']
  const cells = rows.map((row) => [
    String(row.inputs),
    String(row.seconds),
    row.heapBeforeMB.toFixed(1),
    row.heapAfterMB.toFixed(1),
    row.peakRssMB.toFixed(0),
    String(row.syncBesideMs),
    String(row.syncAfterMs),
    row.level,
  ])
  return `\n${align([[...head, 'level'], ...cells], head.length)}\n`
}

function megabytes(bytes: number): number {
  return Number((bytes / 1e6).toFixed(1))
}
