/** What the page of the transports benchmark offers to the process that drives it: plain data crosses. */
import type { WholeState } from './check-state.ts'
import type { MainThreadReport } from './page-contract.ts'

export interface PeerTask {
  /** Multiaddr of whoever has the state: a server, or another tab. */
  readonly address: string
  readonly root: string
  /** Multiaddrs of relays to be reached over, by a page that serves others; none: it serves nobody. */
  readonly relays: readonly string[]
}

/** What a sync took, on the page's own clock. */
export interface PeerSync {
  /** From the call to the last byte on disk, with the dial. */
  readonly ms: number
  /** Of it, until the peer may be asked, which is when the first request goes. */
  readonly connectMs: number
  readonly mainThread: MainThreadReport
}

export interface PeerPage {
  open(task: PeerTask): Promise<void>
  /** Rejects unless everything came from the address of the task. */
  sync(): Promise<PeerSync>
  /** Rejects unless all of the state is on disk. */
  check(expected: WholeState): Promise<void>
  /** Where other tabs can dial this one. Resolves when they can. */
  address(): Promise<string>
  /** Begins to watch the main thread. */
  watch(): void
  /** What was seen since {@link watch}. */
  watched(): Promise<MainThreadReport>
}

declare global {
  var peer: PeerPage
}
