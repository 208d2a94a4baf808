/** What the browser says of the room that this origin has; also in a worker. */

export interface Quota {
  /** Bytes; `null` where the browser does not say. */
  readonly usage: number | null
  readonly quota: number | null
  /** True if the browser has promised to delete nothing by itself. */
  readonly persisted: boolean | null
}

/** Never rejects: where there is no `navigator.storage` (outside secure contexts), or it refuses, nothing is known. */
export async function readQuota(): Promise<Quota> {
  const storage = globalThis.navigator?.storage as StorageManager | undefined
  const [estimate, persisted] = await Promise.all([
    storage?.estimate?.().catch(() => null),
    storage?.persisted?.().catch(() => null),
  ])
  return { usage: estimate?.usage ?? null, quota: estimate?.quota ?? null, persisted: persisted ?? null }
}
