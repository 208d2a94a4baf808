/**
 * Figures from runs: what one run says, and what all of them say together. Nodes and bytes are the state's, by path, for
 * both contenders, so that a ratio of rates is one of times; the straight port stores what tries share only once.
 */
import type { Contender, RunResult } from './run.ts'
import type { ServerReady } from './server-process.ts'
import { median, round } from './statistics.ts'

/** One run in figures. */
export interface RunFigures {
  readonly contender: Contender
  /** 0: warms up, and counts for nothing. */
  readonly run: number
  readonly ms: number
  readonly connectMs: number
  readonly nodesPerSecond: number
  /** State bytes, in millions. */
  readonly mbPerSecond: number
  readonly requests: number
  readonly wireOverState: number
  /** CPU time of the server's process: close to `ms`, it is the server that is measured. */
  readonly serverCpuMs: number
  readonly longTaskMs: number
  readonly longTasks: number
  readonly maxGapMs: number
  readonly heapPeakBytes: number
  /** Of the same page before it synced; measured once. */
  readonly heapIdleBytes: number
}

/** The last line that is printed. Rates are medians, the rest is the worst of all runs; `null`: was not run. */
export interface Summary {
  readonly summary: true
  readonly accounts: number
  readonly nodes: number
  readonly bytes: number
  readonly nodesPerSecond: number | null
  readonly mbPerSecond: number | null
  /** The median over the pairs of runs that stood side by side. */
  readonly ratioStraight: number | null
  readonly straightNodesPerSecond: number | null
  readonly heapPeakBytes: number | null
  readonly heapIdleBytes: number | null
  readonly longTaskMs: number | null
  readonly longTasks: number | null
  readonly wireOverState: number | null
}

export function figuresOf(run: number, result: RunResult, heapIdleBytes: number, state: ServerReady): RunFigures {
  const { contender, ms, connectMs, mainThread, requests, wireBytes, heapPeakBytes } = result
  return {
    contender,
    run,
    ms: round(ms, 0),
    connectMs: round(connectMs, 0),
    nodesPerSecond: round((state.nodes * 1000) / ms, 0),
    mbPerSecond: round(state.bytes / 1000 / ms, 2),
    requests,
    wireOverState: round(wireBytes / state.bytes, 3),
    serverCpuMs: round(result.serverCpuMs, 0),
    longTaskMs: Math.max(0, ...mainThread.longTasks),
    longTasks: mainThread.longTasks.length,
    maxGapMs: round(mainThread.maxGapMs, 1),
    heapPeakBytes,
    heapIdleBytes,
  }
}

/** Sums up measured runs; `straight` and `ours` are told apart here. */
export function summarize(figures: readonly RunFigures[], state: ServerReady): Summary {
  const ours = figures.filter(({ contender }) => contender === 'ours')
  const straight = figures.filter(({ contender }) => contender === 'straight')
  return {
    summary: true,
    accounts: state.accounts,
    nodes: state.nodes,
    bytes: state.bytes,
    nodesPerSecond: median(ours.map((run) => run.nodesPerSecond)),
    mbPerSecond: median(ours.map((run) => run.mbPerSecond)),
    ratioStraight: median(ratios(figures)),
    straightNodesPerSecond: median(straight.map((run) => run.nodesPerSecond)),
    heapPeakBytes: most(ours.map((run) => run.heapPeakBytes)),
    heapIdleBytes: most(ours.map((run) => run.heapIdleBytes)),
    longTaskMs: most(ours.map((run) => run.longTaskMs)),
    longTasks: most(ours.map((run) => run.longTasks)),
    wireOverState: most(ours.map((run) => run.wireOverState)),
  }
}

/** Ours over the straight port's, for each pair of runs with the same number. */
export function ratios(figures: readonly RunFigures[]): number[] {
  return figures.flatMap((ours) => {
    const straight = figures.find(({ contender, run }) => contender === 'straight' && run === ours.run)
    return ours.contender === 'ours' && straight !== undefined ? [round(straight.ms / ours.ms, 2)] : []
  })
}

function most(values: readonly number[]): number | null {
  return values.length === 0 ? null : Math.max(...values)
}
