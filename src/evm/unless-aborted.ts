/** Reads with an early end by a signal. */
import { callAborted } from './errors.ts'

/** Returns the result of `read`. Rejects with `callAborted` as soon as `signal` aborts, while `read` may go on. */
export function unlessAborted<T>(signal: AbortSignal | undefined, read: () => Promise<T>): Promise<T> {
  if (signal === undefined) return read()
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(callAborted(signal))
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort)
    read()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', onAbort))
  })
}
