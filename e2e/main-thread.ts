/**
 * The tasks of a page's main thread, from Chromium's trace, by their processor time. `PerformanceObserver` knows only
 * durations. On a machine with two cores, most tasks lasting over 50 ms had to wait for a processor, at no fault of the
 * page.
 */
import type { Browser, Page } from '@playwright/test'

/** The limit of the platform's own "long task". */
const LONG_TASK_MS = 50

interface TraceEvent {
  readonly name: string
  readonly pid: number
  readonly tid: number
  /** Microseconds on a processor. */
  readonly tdur?: number
  readonly args: {
    readonly name?: string
    readonly data?: {
      readonly frames?: readonly { readonly isOutermostMainFrame: boolean; readonly processId: number }[]
    }
  }
}

/** Runs `act`. Returns the processor time, in milliseconds, of each task of the main thread over 50 ms. */
export async function longTasksDuring(page: Page, act: () => Promise<void>): Promise<number[]> {
  const browser = page.context().browser() as Browser
  await browser.startTracing(page, { categories: ['disabled-by-default-devtools.timeline'] })
  await act()
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] }
  const tasks = traceEvents.filter(isOnThread(mainThreadOf(traceEvents))).filter(({ name }) => name === 'RunTask')
  if (tasks.length === 0) throw new Error('the trace has no task of the main thread')
  return tasks.map(({ tdur = 0 }) => tdur / 1000).filter((ms) => ms > LONG_TASK_MS)
}

/**
 * Returns the page's main thread: the one in the process of the page's frame. Chromium also keeps renderers in reserve,
 * with main threads of their own.
 */
function mainThreadOf(events: readonly TraceEvent[]): TraceEvent {
  const frames = events.find(({ name }) => name === 'TracingStartedInBrowser')?.args.data?.frames
  const frame = frames?.find(({ isOutermostMainFrame }) => isOutermostMainFrame)
  const thread = events.find(
    ({ name, pid, args }) => name === 'thread_name' && args.name === 'CrRendererMain' && pid === frame?.processId,
  )
  if (thread === undefined) throw new Error('the trace does not name the main thread')
  return thread
}

function isOnThread({ pid, tid }: TraceEvent): (event: TraceEvent) => boolean {
  return (event) => event.pid === pid && event.tid === tid
}
