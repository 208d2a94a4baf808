/** The interface of the page of the benchmark of reads, for the process driving the page. Only plain data crosses. */
import type { SyncTarget } from '../../../src/index.ts'

export interface ReadsTask {
  /** Multiaddr of the server, or of the relay in front of the server. */
  readonly address: string
  readonly root: string
}

/** Times in milliseconds since the epoch. */
export interface FirstRead {
  /** The call of `createLightClient`. */
  readonly calledAt: number
  readonly answeredAt: number
}

export interface ScopeSync {
  readonly ms: number
  /** The time from the first peer on. */
  readonly connectedMs: number
}

export interface ReadsPage {
  /** Opens a client, and reads one account at once, with nothing on disk and no sync. */
  first(task: ReadsTask, account: string): Promise<FirstRead>
  /** Opens a client, and syncs. */
  sync(task: ReadsTask, scope: Pick<SyncTarget, 'accounts' | 'storage'>): Promise<ScopeSync>
  /** Opens a client on a complete state. */
  open(task: ReadsTask): Promise<void>
  /** Reads accounts one after the other. Returns the time of each read in milliseconds. */
  read(accounts: readonly string[]): Promise<number[]>
  close(): Promise<void>
}

declare global {
  var reads: ReadsPage
}
