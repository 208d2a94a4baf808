/** How the straight port runs where nothing else is asked for: the fastest of what was measured. */
import type { StraightSettings } from '../page-contract.ts'

/**
 * Measured with 20,000 accounts in interleaved runs: window and worker, batches of 500 to 10,000, 1 to 16 requests and one
 * to three transactions in flight. What it waits for are IndexedDB's puts, so the better half of the settings ends within
 * a tenth of each other; this one has the best median of seven runs.
 */
export const BEST_SETTINGS: StraightSettings = { thread: 'window', batch: 5_000, requests: 4, writes: 2 }

/** Reads `THREAD,BATCH,REQUESTS,WRITES`. Throws if it is something else. */
export function parseSettings(text: string): StraightSettings {
  const [thread, ...counts] = text.split(',')
  const [batch, requests, writes] = counts.map(Number)
  if (thread !== 'window' && thread !== 'worker') throw new Error(`a thread is window or worker, got ${thread}`)
  for (const count of [batch, requests, writes]) {
    if (count === undefined || !Number.isInteger(count) || count < 1) throw new Error(`counts from 1, got ${text}`)
  }
  return { thread, batch: batch!, requests: requests!, writes: writes! }
}
