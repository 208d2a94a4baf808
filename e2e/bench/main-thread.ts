/** Watches the window's main thread while something runs: the browser's long tasks, and a timer's silences as a check. */
import type { MainThreadReport } from './page-contract.ts'

/** Runs `work` and tells how the thread fared meanwhile. */
export async function watchMainThread<T>(
  work: () => Promise<T>,
): Promise<{ readonly value: T; readonly report: MainThreadReport }> {
  const longTasks: number[] = []
  const take = (entries: PerformanceEntryList) => longTasks.push(...entries.map(({ duration }) => duration))
  const observer = new PerformanceObserver((list) => take(list.getEntries()))
  observer.observe({ type: 'longtask' })
  const stopTimer = watchGaps()
  const value = await work()
  const maxGapMs = stopTimer()
  // A long task is told after it has ended, in a task of its own.
  await new Promise((resolve) => setTimeout(resolve, 100))
  take(observer.takeRecords())
  observer.disconnect()
  return { value, report: { longTasks, maxGapMs } }
}

function watchGaps(): () => number {
  let last = performance.now()
  let maxGapMs = 0
  let timer = setTimeout(tick)
  function tick() {
    const now = performance.now()
    maxGapMs = Math.max(maxGapMs, now - last)
    last = now
    timer = setTimeout(tick)
  }
  return () => {
    clearTimeout(timer)
    return Math.max(maxGapMs, performance.now() - last)
  }
}
