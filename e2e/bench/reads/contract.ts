/** What the page of the benchmark of reads offers to the process that drives it: plain data crosses. */
import type { SyncTarget } from '../../../src/index.ts'

export interface ReadsTask {
  /** Multiaddr of the server, or of the relay before it. */
  readonly address: string
  readonly root: string
}

/** In milliseconds since the epoch. */
export interface FirstRead {
  /** `createLightClient` is called. */
  readonly calledAt: number
  readonly answeredAt: number
}

export interface ScopeSync {
  readonly ms: number
  /** From the first peer on. */
  readonly connectedMs: number
}

export interface ReadsPage {
  /** Opens a client, and reads one account at once, with nothing on disk and no sync. */
  first(task: ReadsTask, account: string): Promise<FirstRead>
  /** Opens a client, and syncs. */
  sync(task: ReadsTask, scope: Pick<SyncTarget, 'accounts' | 'storage'>): Promise<ScopeSync>
  /** Opens a client on what is complete. */
  open(task: ReadsTask): Promise<void>
  /** How long each read of an account takes, one after the other, in milliseconds. */
  read(accounts: readonly string[]): Promise<number[]>
  close(): Promise<void>
}

declare global {
  var reads: ReadsPage
}
