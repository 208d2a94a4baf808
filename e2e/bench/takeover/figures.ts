/** The figures of takeovers: the parts of each, and medians for each way in which a tab ends. */
import { median } from '../statistics.ts'
import { align } from '../tables.ts'
import { ENDS, type End, type TakeoverMarks } from './run.ts'

/** One takeover, in milliseconds. */
export interface TakeoverFigures {
  readonly end: End
  readonly run: number
  /** From the end of the writing tab to its successor's first request for nodes. */
  readonly ms: number
  /** The part until the other tab is the writer. */
  readonly writerMs: number
  /** The next part, until the socket is open: opens the database, reads its keys, loads libp2p, dials. */
  readonly dialMs: number
  /** The last part, until the request. */
  readonly requestMs: number
}

/** All takeovers after one kind of end; medians, and the slowest. */
interface EndFigures extends Omit<TakeoverFigures, 'run'> {
  readonly worstMs: number
}

export interface TakeoverSummary {
  readonly summary: true
  readonly accounts: number
  readonly ends: readonly EndFigures[]
}

export function figuresOf(end: End, run: number, marks: TakeoverMarks): TakeoverFigures {
  const { endedAt, writerAt, socketAt, requestAt } = marks
  return {
    end,
    run,
    ms: requestAt - endedAt,
    writerMs: writerAt - endedAt,
    dialMs: socketAt - writerAt,
    requestMs: requestAt - socketAt,
  }
}

export function summarize(accounts: number, runs: readonly TakeoverFigures[]): TakeoverSummary {
  const ends = ENDS.map((end): EndFigures => {
    const those = runs.filter((run) => run.end === end)
    const middle = (key: Exclude<keyof TakeoverFigures, 'end' | 'run'>) => median(those.map((run) => run[key])) ?? 0
    return {
      end,
      ms: middle('ms'),
      writerMs: middle('writerMs'),
      dialMs: middle('dialMs'),
      requestMs: middle('requestMs'),
      worstMs: Math.max(...those.map(({ ms }) => ms)),
    }
  })
  return { summary: true, accounts, ends }
}

/** Returns a table of medians, one line for each end. */
export function takeoverTable({ accounts, ends }: TakeoverSummary): string {
  const head = ['end', 'ms', 'worst', 'writer', 'dial', 'request']
  const rows = ends.map(({ end, ...figures }) => [
    end,
    ...[figures.ms, figures.worstMs, figures.writerMs, figures.dialMs, figures.requestMs].map((ms) => ms.toFixed(0)),
  ])
  return `\n${align([head, ...rows])}\n\nhalf of ${accounts.toLocaleString('en')} accounts were on disk\n`
}
