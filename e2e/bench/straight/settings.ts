/** The default settings of the straight port: the fastest in the measurements. */
import type { StraightSettings } from '../page-contract.ts'

/**
 * Measured with 20,000 accounts in interleaved runs: window and worker, batches of 500 to 10,000, 1 to 16 requests, one
 * to three transactions in flight. The port waits for IndexedDB's puts, so the better half of the settings ends within
 * a tenth of each other. This setting has the best median of seven runs.
 */
export const BEST_SETTINGS: StraightSettings = { thread: 'window', batch: 5_000, requests: 4, writes: 2 }

/** Reads `THREAD,BATCH,REQUESTS,WRITES`. Throws for any other text. */
export function parseSettings(text: string): StraightSettings {
  const [thread, ...counts] = text.split(',')
  const [batch, requests, writes] = counts.map(Number)
  if (thread !== 'window' && thread !== 'worker') throw new Error(`a thread is window or worker, got ${thread}`)
  for (const count of [batch, requests, writes]) {
    if (count === undefined || !Number.isInteger(count) || count < 1) throw new Error(`counts from 1, got ${text}`)
  }
  return { thread, batch: batch!, requests: requests!, writes: writes! }
}
