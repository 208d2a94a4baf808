/**
 * `rootlight/react`: hooks over the events and reads of a client.
 *
 * @module rootlight/react
 */
export type { SyncState } from './shared-sync.ts'
export { useAccount } from './use-account.ts'
export type { ReadHookOptions, ReadState } from './use-read.ts'
export { useStorage } from './use-storage.ts'
export { useSync } from './use-sync.ts'
