/** The figures of syncs over the transports: each sync, medians of each way, and the worst load on main threads. */
import type { MainThreadReport } from '../page-contract.ts'
import type { ServerReady } from '../server-process.ts'
import { median, round } from '../statistics.ts'
import { align } from '../tables.ts'
import { type TransportResult, WAYS, type Way } from './run.ts'

/** The tasks over 50 ms of a page's main thread. */
interface LongTasks {
  readonly count: number
  /** The longest; 0: none. */
  readonly ms: number
  /** The longest gap of a timer. */
  readonly maxGapMs: number
}

export interface TransportFigures {
  readonly way: Way
  /** 0: a warm-up, not counted. */
  readonly run: number
  /** From `sync()` to `done`. */
  readonly ms: number
  /** The part until the first request. */
  readonly connectMs: number
  /** The rest: from the first request to `done`. */
  readonly transferMs: number
  /** Over `ms`; megabytes are state bytes, in millions. */
  readonly nodesPerSecond: number
  readonly mbPerSecond: number
  /** Over `transferMs`. */
  readonly transferNodesPerSecond: number
  readonly transferMbPerSecond: number
  /** Tasks of the syncing page. */
  readonly asking: LongTasks
  /** Tasks of the serving page; `null`: a server serves. */
  readonly serving: LongTasks | null
}

/** All runs of one way: medians, and the worst of the main threads. */
type WayFigures = Omit<TransportFigures, 'run'> & { readonly runs: number }

export interface TransportSummary {
  readonly summary: true
  readonly accounts: number
  readonly nodes: number
  readonly bytes: number
  /** The measured ways, without the skipped ones. */
  readonly ways: readonly WayFigures[]
}

export function figuresOf(way: Way, run: number, result: TransportResult, state: ServerReady): TransportFigures {
  const { ms, connectMs, mainThread, serving } = result
  const transferMs = ms - connectMs
  const { nodes, bytes } = state
  return {
    way,
    run,
    ms: round(ms, 0),
    connectMs: round(connectMs, 0),
    transferMs: round(transferMs, 0),
    nodesPerSecond: round((nodes * 1000) / ms, 0),
    mbPerSecond: round(bytes / 1000 / ms, 2),
    transferNodesPerSecond: round((nodes * 1000) / transferMs, 0),
    transferMbPerSecond: round(bytes / 1000 / transferMs, 2),
    asking: longTasksOf(mainThread),
    serving: serving && longTasksOf(serving),
  }
}

function longTasksOf({ longTasks, maxGapMs }: MainThreadReport): LongTasks {
  return { count: longTasks.length, ms: Math.max(0, ...longTasks), maxGapMs: round(maxGapMs, 1) }
}

export function summarize(figures: readonly TransportFigures[], state: ServerReady): TransportSummary {
  const { accounts, nodes, bytes } = state
  const ways = WAYS.flatMap((way) => {
    const runs = figures.filter((run) => run.way === way)
    return runs.length === 0 ? [] : [wayFiguresOf(way, runs)]
  })
  return { summary: true, accounts, nodes, bytes, ways }
}

type Measured = Exclude<keyof TransportFigures, 'way' | 'run' | 'asking' | 'serving'>

function wayFiguresOf(way: Way, runs: readonly TransportFigures[]): WayFigures {
  const middle = (key: Measured) => median(runs.map((run) => run[key])) ?? 0
  return {
    way,
    runs: runs.length,
    ms: middle('ms'),
    connectMs: middle('connectMs'),
    transferMs: middle('transferMs'),
    nodesPerSecond: middle('nodesPerSecond'),
    mbPerSecond: middle('mbPerSecond'),
    transferNodesPerSecond: middle('transferNodesPerSecond'),
    transferMbPerSecond: middle('transferMbPerSecond'),
    asking: worst(runs.map(({ asking }) => asking)),
    serving: runs[0]?.serving ? worst(runs.flatMap(({ serving }) => serving ?? [])) : null,
  }
}

function worst(threads: readonly LongTasks[]): LongTasks {
  const most = (key: keyof LongTasks) => Math.max(...threads.map((thread) => thread[key]))
  return { count: most('count'), ms: most('ms'), maxGapMs: most('maxGapMs') }
}

/** Returns a table of medians, one line for each way. */
export function transportTable({ accounts, nodes, bytes, ways }: TransportSummary): string {
  const head = ['', 'ms', 'connect', 'transfer', 'nodes/s', 'MB/s', 'transfer MB/s', 'asking', 'serving']
  const rows = ways.map((way) => [
    way.way,
    way.ms.toFixed(0),
    way.connectMs.toFixed(0),
    way.transferMs.toFixed(0),
    way.nodesPerSecond.toLocaleString('en'),
    way.mbPerSecond.toFixed(1),
    way.transferMbPerSecond.toFixed(1),
    cellOf(way.asking),
    cellOf(way.serving),
  ])
  const state = `${accounts.toLocaleString('en')} accounts, ${nodes.toLocaleString('en')} nodes, ${(bytes / 1e6).toFixed(1)} MB`
  return `\n${align([head, ...rows])}\n\n${state}; asking, serving: tasks over 50 ms of the worst run, and the longest\n`
}

function cellOf(thread: LongTasks | null): string {
  if (thread === null) return '-'
  return thread.count === 0 ? '0' : `${thread.count} (${thread.ms} ms)`
}
