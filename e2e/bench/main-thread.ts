/** Watches the window's main thread: the browser's long tasks, the gaps of a timer, and the frames. */
import type { FrameGaps, MainThreadReport } from './page-contract.ts'

/** Runs `work` and returns its result with the report on the main thread. */
export async function watchMainThread<T>(
  work: () => Promise<T>,
): Promise<{ readonly value: T; readonly report: MainThreadReport }> {
  const longTasks: number[] = []
  const take = (entries: PerformanceEntryList) => longTasks.push(...entries.map(({ duration }) => duration))
  const observer = new PerformanceObserver((list) => take(list.getEntries()))
  observer.observe({ type: 'longtask' })
  const stopTimer = watchGaps((tick) => setTimeout(tick))
  const stopFrames = watchGaps((tick) => requestAnimationFrame(tick))
  const value = await work()
  const maxGapMs = stopTimer().at(-1) ?? 0
  const frameGaps = frameGapsOf(stopFrames())
  // The browser reports a long task after its end, in a task of its own.
  await new Promise((resolve) => setTimeout(resolve, 100))
  take(observer.takeRecords())
  observer.disconnect()
  return { value, report: { longTasks, maxGapMs, frameGaps } }
}

/** {@link watchMainThread} while nothing runs. */
export async function watchIdle(ms: number): Promise<MainThreadReport> {
  const { report } = await watchMainThread(() => new Promise((resolve) => setTimeout(resolve, ms)))
  return report
}

/**
 * Measures the time from one call of `again` to the next. The returned function ends the measurement and returns all
 * gaps, the longest last.
 */
function watchGaps(again: (tick: () => void) => unknown): () => number[] {
  const gaps: number[] = []
  let isOver = false
  let last = performance.now()
  function tick() {
    if (isOver) return
    const now = performance.now()
    gaps.push(now - last)
    last = now
    again(tick)
  }
  again(tick)
  return () => {
    isOver = true
    gaps.push(performance.now() - last)
    return gaps.sort((a, b) => a - b)
  }
}

function frameGapsOf(gaps: readonly number[]): FrameGaps {
  const at = (share: number) => gaps[Math.min(gaps.length - 1, Math.floor(share * gaps.length))] ?? 0
  return { p50: at(0.5), p99: at(0.99), max: at(1) }
}
