/** What the page of the restart and takeover benchmarks offers to the process that drives it: plain data crosses. */
import type { SyncProgress, TabRole } from '../../src/index.ts'

export interface TabTask {
  /** Multiaddr of the server. */
  readonly address: string
  readonly root: string
}

/** When a client came up, in milliseconds since the epoch. */
export interface OpenMarks {
  /** `createLightClient` is called. */
  readonly calledAt: number
  /** The worker has loaded its modules, and says that it is alive. */
  readonly workerAt: number
  /** The client is there: the database is open, and its keys are read. */
  readonly openedAt: number
}

export interface RoleMark {
  readonly role: TabRole
  readonly at: number
}

export interface TabPage {
  /** Of the client, as it is told: the latest last. */
  readonly roles: readonly RoleMark[]
  /** When the client first had a peer to ask; `null`: not yet. */
  readonly connectedAt: number | null
  /** Of the sync that runs, whichever tab asked for it. */
  readonly progress: SyncProgress | null
  open(task: TabTask): Promise<OpenMarks>
  /** Begins to sync, and waits for nothing. */
  sync(): void
  /** Opens the client and syncs at once, as an application does that goes on where it was. */
  resume(task: TabTask): Promise<OpenMarks>
  /** Stops as soon as so many bytes of the state are there. Rejects if the sync ends before. */
  cutOff(bytes: number): Promise<SyncProgress>
  /** Cancels the sync, and closes the client. Resolves with the last progress when what was verified is on disk. */
  stop(): Promise<SyncProgress>
  /** Resolves with the last progress when all of the state is on disk. */
  finish(): Promise<SyncProgress>
}

declare global {
  var tab: TabPage
}
