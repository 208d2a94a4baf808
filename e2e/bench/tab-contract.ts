/**
 * The interface of the page of the restart and takeover benchmarks, for the process driving the page. Only plain data
 * crosses.
 */
import type { SyncProgress, TabRole } from '../../src/index.ts'

export interface TabTask {
  /** Multiaddr of the server. */
  readonly address: string
  readonly root: string
}

/** The start of a client, in milliseconds since the epoch. */
export interface OpenMarks {
  /** The call of `createLightClient`. */
  readonly calledAt: number
  /** The worker's first message, after loading its modules. */
  readonly workerAt: number
  /** The client is ready: the database is open, and its keys are read. */
  readonly openedAt: number
}

export interface RoleMark {
  readonly role: TabRole
  readonly at: number
}

export interface TabPage {
  /** The client's roles as announced, the latest last. */
  readonly roles: readonly RoleMark[]
  /** The time when the client first had a peer to ask; `null`: not yet. */
  readonly connectedAt: number | null
  /** The progress of the running sync, of any tab. */
  readonly progress: SyncProgress | null
  open(task: TabTask): Promise<OpenMarks>
  /** Begins to sync, without a wait. */
  sync(): void
  /** Opens the client and syncs at once, like an application after a restart. */
  resume(task: TabTask): Promise<OpenMarks>
  /** Stops as soon as `bytes` of the state are there. Rejects if the sync ends before. */
  cutOff(bytes: number): Promise<SyncProgress>
  /** Cancels the sync, and closes the client. Resolves with the last progress when all verified data is on disk. */
  stop(): Promise<SyncProgress>
  /** Resolves with the last progress when the whole state is on disk. */
  finish(): Promise<SyncProgress>
}

declare global {
  var tab: TabPage
}
