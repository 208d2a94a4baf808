/** Ends a call when its signal aborts. */

/** Runs `read` until `signal` aborts, then calls `stopReading`. Does not begin if the signal has aborted already. */
export async function abortable<T>(
  signal: AbortSignal | undefined,
  read: () => Promise<T>,
  stopReading: () => Promise<void> = async () => {},
): Promise<T> {
  if (signal === undefined) return read()
  // The signal may be of another realm. Older implementations have neither `throwIfAborted` nor `reason`.
  const reasonOf = () => signal.reason ?? new DOMException('it was aborted', 'AbortError')
  if (signal.aborted) throw reasonOf()
  let stop = () => {}
  const aborted = new Promise<never>((_, reject) => {
    const onAbort = () => {
      stopReading().catch(() => {}) // an engine that is gone has stopped
      reject(reasonOf())
    }
    signal.addEventListener('abort', onAbort)
    stop = () => signal.removeEventListener('abort', onAbort)
  })
  return Promise.race([read(), aborted]).finally(stop)
}
