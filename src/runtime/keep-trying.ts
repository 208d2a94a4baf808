/** Repeats an attempt until it succeeds: after a pause, or at once when the machine is online again. */
import type { Clock } from './clock.ts'
import { watchConnectivity } from './connectivity.ts'
import { MAX_RELOAD_MS, MIN_RELOAD_MS } from './constants.ts'

export interface KeepTryingOptions {
  readonly clock: Clock
  /** Ends the attempts: no further attempt starts, and the promise rejects with the signal's reason. */
  readonly signal: AbortSignal
  /** Called after each failed attempt, before the pause. */
  readonly onFailure?: (error: unknown) => void
  /** Calls its argument when the machine goes offline or online. Returns a function that stops the calls. */
  readonly watch?: (listener: () => void) => () => void
}

/** Resolves with the result of the first attempt to succeed. Rejects only when `signal` aborts. */
export async function keepTrying<T>(attempt: () => Promise<T>, options: KeepTryingOptions): Promise<T> {
  const { clock, signal, onFailure, watch = watchConnectivity } = options
  for (let failures = 0; ; failures++) {
    signal.throwIfAborted()
    try {
      return await attempt()
    } catch (error) {
      signal.throwIfAborted()
      onFailure?.(error)
    }
    signal.throwIfAborted() // `onFailure` may have aborted: an aborted signal tells no new listener
    await pause(Math.min(MAX_RELOAD_MS, MIN_RELOAD_MS * 2 ** failures), { clock, signal, watch })
  }
}

type PauseOptions = Required<Pick<KeepTryingOptions, 'clock' | 'signal' | 'watch'>>

/** Resolves after `ms`, when the machine goes offline or online, or when `signal` aborts. */
function pause(ms: number, { clock, signal, watch }: PauseOptions): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      stopTimer()
      stopWatching()
      signal.removeEventListener('abort', end)
      resolve()
    }
    const stopTimer = clock.after(ms, end)
    const stopWatching = watch(end)
    signal.addEventListener('abort', end)
  })
}
