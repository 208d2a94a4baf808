/**
 * Figures of single runs and of all runs together. Nodes and bytes are the state's, by path, for all contenders, so a
 * ratio of rates is a ratio of times. The straight port and Helia store nodes shared by tries only once.
 */
import { CONTENDERS, type Contender } from './page-contract.ts'
import type { ReadsSummary } from './reads/figures.ts'
import type { RunResult } from './run.ts'
import type { ServerReady } from './server-process.ts'
import { median, round } from './statistics.ts'

/** One run in figures. */
export interface RunFigures {
  readonly contender: Contender
  readonly accounts: number
  /** 0: a warm-up, not counted. */
  readonly run: number
  readonly ms: number
  readonly connectMs: number
  readonly nodesPerSecond: number
  /** State bytes, in millions. */
  readonly mbPerSecond: number
  readonly requests: number
  readonly wireOverState: number
  /** CPU time of the server's process. If close to `ms`, the figures measure the server. */
  readonly serverCpuMs: number
  readonly serverRssBytes: number
  readonly longTaskMs: number
  readonly longTasks: number
  readonly maxGapMs: number
  readonly frameGapP50Ms: number
  readonly frameGapP99Ms: number
  readonly frameGapMaxMs: number
  /** The figure of the same page before the sync. */
  readonly frameGapIdleP99Ms: number
  readonly heapPeakBytes: number
  /** The figure of the same page before its sync, measured once. */
  readonly heapIdleBytes: number
  readonly rendererRssBytes: number
}

/** All runs of one contender: rates are medians, frames are medians, and the rest is the worst of all runs. */
type ContenderFigures = Omit<RunFigures, 'contender' | 'run'> & { readonly runs: number }

/**
 * The last printed line, of one size of state. `null`: not run. The figures without a contender's name are Rootlight's.
 */
export interface Summary {
  readonly summary: true
  readonly accounts: number
  readonly nodes: number
  readonly bytes: number
  readonly nodesPerSecond: number | null
  /** Medians over the runs side by side. Ratios to the ceiling compare the times after connecting. */
  readonly ratioCeiling: number | null
  readonly ratioStraight: number | null
  readonly ratioHelia: number | null
  readonly heapPeakBytes: number | null
  readonly heapIdleBytes: number | null
  readonly longTasks: number | null
  readonly frameGapP99Ms: number | null
  readonly frameGapIdleP99Ms: number | null
  readonly wireOverState: number | null
  /** `null`: not measured. */
  readonly restartMs: number | null
  /** See `reads/figures.ts`; likewise. */
  readonly firstReadMs: number | null
  readonly coldReadP50Ms: number | null
  readonly coldReadP99Ms: number | null
  readonly warmReadP50Ms: number | null
  readonly warmReadP99Ms: number | null
  readonly contenders: readonly ({ readonly contender: Contender } & ContenderFigures)[]
}

export function figuresOf(run: number, result: RunResult, heapIdleBytes: number, state: ServerReady): RunFigures {
  const { contender, ms, connectMs, mainThread, idle, requests, wireBytes, heapPeakBytes } = result
  const { longTasks, maxGapMs, frameGaps } = mainThread
  return {
    contender,
    accounts: state.accounts,
    run,
    ms: round(ms, 0),
    connectMs: round(connectMs, 0),
    nodesPerSecond: round((state.nodes * 1000) / ms, 0),
    mbPerSecond: round(state.bytes / 1000 / ms, 2),
    requests,
    wireOverState: round(wireBytes / state.bytes, 3),
    serverCpuMs: round(result.serverCpuMs, 0),
    serverRssBytes: result.serverRssBytes,
    longTaskMs: Math.max(0, ...longTasks),
    longTasks: longTasks.length,
    maxGapMs: round(maxGapMs, 1),
    frameGapP50Ms: round(frameGaps.p50, 1),
    frameGapP99Ms: round(frameGaps.p99, 1),
    frameGapMaxMs: round(frameGaps.max, 1),
    frameGapIdleP99Ms: round(idle.frameGaps.p99, 1),
    heapPeakBytes,
    heapIdleBytes,
    rendererRssBytes: result.rendererRssBytes,
  }
}

/** Measurements beside syncs; `null`: not made. */
export interface BesideSync {
  readonly restartMs: number | null
  readonly reads: ReadsSummary | null
}

/** Sums up measured runs of one state, and of the smaller state of slow contenders. */
export function summarize(
  figures: readonly RunFigures[],
  state: ServerReady,
  { restartMs, reads }: BesideSync,
): Summary {
  const contenders = CONTENDERS.flatMap((contender) => {
    const runs = figures.filter((run) => run.contender === contender)
    return runs.length === 0 ? [] : [{ contender, ...contenderFiguresOf(runs) }]
  })
  const ours = contenders.find(({ contender }) => contender === 'ours')
  return {
    summary: true,
    accounts: state.accounts,
    nodes: state.nodes,
    bytes: state.bytes,
    nodesPerSecond: ours?.nodesPerSecond ?? null,
    ratioCeiling: median(ratios(figures, 'ceiling', ({ ms, connectMs }) => 1 / (ms - connectMs))),
    ratioStraight: median(ratios(figures, 'straight', ({ nodesPerSecond }) => nodesPerSecond)),
    ratioHelia: median(ratios(figures, 'helia', ({ nodesPerSecond }) => nodesPerSecond)),
    heapPeakBytes: ours?.heapPeakBytes ?? null,
    heapIdleBytes: ours?.heapIdleBytes ?? null,
    longTasks: ours?.longTasks ?? null,
    frameGapP99Ms: ours?.frameGapP99Ms ?? null,
    frameGapIdleP99Ms: ours?.frameGapIdleP99Ms ?? null,
    wireOverState: ours?.wireOverState ?? null,
    restartMs,
    firstReadMs: reads?.firstReadMs ?? null,
    coldReadP50Ms: reads?.cold.p50Ms ?? null,
    coldReadP99Ms: reads?.cold.p99Ms ?? null,
    warmReadP50Ms: reads?.warm.p50Ms ?? null,
    warmReadP99Ms: reads?.warm.p99Ms ?? null,
    contenders,
  }
}

function contenderFiguresOf(runs: readonly RunFigures[]): ContenderFigures {
  type Measured = Exclude<keyof RunFigures, 'contender' | 'run'>
  const middle = (key: Measured) => median(runs.map((run) => run[key])) ?? 0
  const most = (key: Measured) => Math.max(...runs.map((run) => run[key]))
  return {
    runs: runs.length,
    accounts: middle('accounts'),
    ms: middle('ms'),
    connectMs: middle('connectMs'),
    nodesPerSecond: middle('nodesPerSecond'),
    mbPerSecond: middle('mbPerSecond'),
    requests: middle('requests'),
    wireOverState: most('wireOverState'),
    serverCpuMs: middle('serverCpuMs'),
    serverRssBytes: most('serverRssBytes'),
    longTaskMs: most('longTaskMs'),
    longTasks: most('longTasks'),
    maxGapMs: most('maxGapMs'),
    frameGapP50Ms: middle('frameGapP50Ms'),
    frameGapP99Ms: middle('frameGapP99Ms'),
    frameGapMaxMs: most('frameGapMaxMs'),
    frameGapIdleP99Ms: middle('frameGapIdleP99Ms'),
    heapPeakBytes: most('heapPeakBytes'),
    heapIdleBytes: most('heapIdleBytes'),
    rendererRssBytes: most('rendererRssBytes'),
  }
}

/** Returns ours over the other's, for each pair of runs with the same number. */
function ratios(figures: readonly RunFigures[], contender: Contender, rateOf: (run: RunFigures) => number): number[] {
  return figures.flatMap((ours) => {
    const other = figures.find((run) => run.contender === contender && run.run === ours.run)
    return ours.contender === 'ours' && other !== undefined ? [round(rateOf(ours) / rateOf(other), 2)] : []
  })
}
