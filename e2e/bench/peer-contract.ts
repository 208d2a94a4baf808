/** The interface of the page of the transports benchmark, for the process driving the page. Only plain data crosses. */
import type { WholeState } from './check-state.ts'
import type { MainThreadReport } from './page-contract.ts'

export interface PeerTask {
  /** Multiaddr of the peer with the state: a server, or another tab. */
  readonly address: string
  readonly root: string
  /** Multiaddrs of relays by which other tabs reach this page. None: the page does not serve. */
  readonly relays: readonly string[]
}

/** The times of a sync, on the page's own clock. */
export interface PeerSync {
  /** From the call to the last byte on disk, with the dial. */
  readonly ms: number
  /** The part of `ms` before the peer is ready, when the first request goes. */
  readonly connectMs: number
  readonly mainThread: MainThreadReport
}

export interface PeerPage {
  open(task: PeerTask): Promise<void>
  /** Rejects unless everything came from the address of the task. */
  sync(): Promise<PeerSync>
  /** Rejects unless all of the state is on disk. */
  check(expected: WholeState): Promise<void>
  /** Resolves with this tab's address for other tabs, when the address can be dialed. */
  address(): Promise<string>
  /** Begins to watch the main thread. */
  watch(): void
  /** Returns the report on the main thread since {@link watch}. */
  watched(): Promise<MainThreadReport>
}

declare global {
  var peer: PeerPage
}
