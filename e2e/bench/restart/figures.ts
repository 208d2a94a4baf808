/** The figures of restarts: the parts of each, medians by size, and their growth with the size. */
import { median } from '../statistics.ts'
import { align } from '../tables.ts'
import type { RestartMarks } from './run.ts'

/** The target for a restart, at every size. */
const TARGET_MS = 1_000

/** One restart, in milliseconds: the parts one after the other. */
export interface RestartFigures {
  readonly accounts: number
  readonly run: number
  /** From the call of `createLightClient` to the arrival of the first request for nodes. */
  readonly ms: number
  /** Until the worker and its modules are loaded. */
  readonly workerMs: number
  /** Until the client is ready: the database is open, and the keys of all pages and codes are read. */
  readonly databaseMs: number
  /** Until the socket is open: loads libp2p, dials. At the same time, the client begins to find the gaps on disk. */
  readonly dialMs: number
  /** Until the peer is ready for requests. */
  readonly handshakeMs: number
  /** Until the request: the time by which finding the gaps outlasts the connection, and the way to the server. */
  readonly gapsMs: number
}

/** All restarts of one size. */
export interface SizeFigures extends Omit<RestartFigures, 'run'> {
  readonly nodes: number
  readonly bytes: number
  /** The share of the state's bytes on disk. */
  readonly share: number
  /** The slowest of the restarts. */
  readonly worstMs: number
}

export interface RestartSummary {
  readonly summary: true
  readonly targetMs: number
  readonly isMet: boolean
  /** Medians of each size. */
  readonly sizes: readonly SizeFigures[]
}

export function figuresOf(accounts: number, run: number, marks: RestartMarks): RestartFigures {
  const { calledAt, workerAt, openedAt, socketAt, connectedAt, requestAt } = marks
  return {
    accounts,
    run,
    ms: requestAt - calledAt,
    workerMs: workerAt - calledAt,
    databaseMs: openedAt - workerAt,
    dialMs: socketAt - openedAt,
    handshakeMs: connectedAt - socketAt,
    gapsMs: requestAt - connectedAt,
  }
}

/** Returns the medians of the restarts of one size. */
export function sizeFiguresOf(
  runs: readonly RestartFigures[],
  state: Pick<SizeFigures, 'accounts' | 'nodes' | 'bytes' | 'share'>,
): SizeFigures {
  const middle = (key: Exclude<keyof RestartFigures, 'accounts' | 'run'>) => median(runs.map((run) => run[key])) ?? 0
  return {
    ...state,
    ms: middle('ms'),
    workerMs: middle('workerMs'),
    databaseMs: middle('databaseMs'),
    dialMs: middle('dialMs'),
    handshakeMs: middle('handshakeMs'),
    gapsMs: middle('gapsMs'),
    worstMs: Math.max(...runs.map(({ ms }) => ms)),
  }
}

export function summarize(sizes: readonly SizeFigures[]): RestartSummary {
  return { summary: true, targetMs: TARGET_MS, isMet: sizes.every(({ ms }) => ms < TARGET_MS), sizes }
}

/** Returns a table of medians, one line for each size. */
export function restartTable({ sizes, targetMs, isMet }: RestartSummary): string {
  const head = [
    'accounts',
    'MB',
    'on disk',
    'ms',
    'worst',
    'worker',
    'database',
    'dial',
    'handshake',
    'gaps',
    'ms/first',
  ]
  const rows = sizes.map((size) => [
    size.accounts.toLocaleString('en'),
    (size.bytes / 1e6).toFixed(1),
    `${(100 * size.share).toFixed(1)} %`,
    size.ms.toFixed(0),
    size.worstMs.toFixed(0),
    size.workerMs.toFixed(0),
    size.databaseMs.toFixed(0),
    size.dialMs.toFixed(0),
    size.handshakeMs.toFixed(0),
    size.gapsMs.toFixed(0),
    (size.ms / sizes[0]!.ms).toFixed(2),
  ])
  return `\n${align([head, ...rows])}\n\nunder ${targetMs} ms at every size: ${isMet ? 'yes' : 'no'}\n`
}
