/** What the browser lets this origin store; the same in a window and in a worker. */
import type { StorageNumbers } from '../sync/storage-pause.ts'

/** Estimates, which may lag by seconds; unknown where the context is not secure, or the browser does not say. */
export async function estimateStorage(): Promise<StorageNumbers> {
  // Storage managers exist in secure contexts only.
  const manager = globalThis.navigator?.storage as StorageManager | undefined
  const { usage = null, quota = null } = (await manager?.estimate()) ?? {}
  return { usage, quota }
}
