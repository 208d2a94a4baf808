/** How the straight port runs where nothing else is asked for: the fastest of what was measured. */
import type { StraightSettings } from '../page-contract.ts'

/**
 * Measured in interleaved runs with 20,000 accounts: batches of 500, 1,000, 2,000 and 5,000, one to three transactions in
 * flight, 1 to 16 requests in flight, window and worker. IndexedDB's puts are what it waits for, so most settings end
 * within a tenth of each other.
 */
export const BEST_SETTINGS: StraightSettings = { thread: 'worker', batch: 5_000, requests: 8, writes: 2 }

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
