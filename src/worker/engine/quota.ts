/** The storage quota of this origin, by the browser's word; also in a worker. */
import { type Clock, systemClock } from '../../runtime/clock.ts'
import { startDeadline } from '../../runtime/deadline.ts'
import { QUOTA_TIMEOUT_MS } from '../constants.ts'

export interface Quota {
  /** Bytes; `null` where the browser does not say. */
  readonly usage: number | null
  readonly quota: number | null
  /** True if the browser has promised not to evict data by itself. */
  readonly persisted: boolean | null
}

/**
 * Reads the quota. Never rejects: all fields are `null` without `navigator.storage` (outside secure contexts), on a
 * refusal, and without an answer.
 */
export async function readQuota(clock: Clock = systemClock): Promise<Quota> {
  const storage = globalThis.navigator?.storage as StorageManager | undefined
  const [estimate, persisted] = await Promise.all([
    orNull(storage?.estimate?.(), clock),
    orNull(storage?.persisted?.(), clock),
  ])
  return { usage: estimate?.usage ?? null, quota: estimate?.quota ?? null, persisted: persisted ?? null }
}

function orNull<T>(answer: Promise<T> | undefined, clock: Clock): Promise<T | null> {
  return new Promise((resolve) => {
    const stop = startDeadline(clock, QUOTA_TIMEOUT_MS, () => resolve(null), { countsOffline: true })
    Promise.resolve(answer)
      .then((value) => resolve(value ?? null))
      .catch(() => resolve(null))
      .finally(stop)
  })
}
