/** What a page of the benchmark offers to the process that drives it, and what crosses between the two: plain data. */

/**
 * What is measured: Rootlight with its engine in a worker and in the window; the bare transport, verification and commits by
 * themselves; a straight port of geth's design; and Helia, which fetches the nodes as blocks.
 */
export const CONTENDERS = ['ours', 'window', 'ceiling', 'verification', 'commits', 'straight', 'helia'] as const
export type Contender = (typeof CONTENDERS)[number]

/** The state to sync, and how the page can tell that it has it. */
export interface BenchTask {
  /** What the page is to do: some can do several things. */
  readonly contender: Contender
  /** Multiaddr of the server; it speaks our protocol and the straight port's, or Helia's. */
  readonly address: string
  readonly root: string
  readonly expected: ExpectedState
  readonly straight: StraightSettings
  /** Blocks that Helia is asked for at a time. */
  readonly heliaWants: number
}

export interface ExpectedState {
  /** Nodes by path, as `SyncProgress.nodes` counts them. */
  readonly nodes: number
  /** Bytes of these nodes, and of the codes, each once. */
  readonly bytes: number
  readonly codes: number
  /** Nodes and codes by hash, each once: the records of a hash-keyed database. */
  readonly records: number
  /** keccak-256 of all their hashes in ascending order, in hex; empty where nobody has such a database. */
  readonly recordsDigest: string
  /** Some of the accounts. */
  readonly samples: readonly AccountSample[]
}

export interface AccountSample {
  readonly address: string
  /** A decimal number. */
  readonly balance: string
}

/** How the straight port runs. */
export interface StraightSettings {
  readonly thread: 'window' | 'worker'
  /** Puts in a transaction. */
  readonly batch: number
  /** Requests in flight, each on a stream of its own. */
  readonly requests: number
  /** Transactions in flight. */
  readonly writes: number
}

/** What a sync took, on the page's own clock. */
export interface PageResult {
  /** From the call to the last byte on disk, with loading libp2p and dialing. */
  readonly ms: number
  /** How much of it passed before there was a peer to ask. */
  readonly connectMs: number
  readonly nodes: number
  readonly codes: number
  readonly mainThread: MainThreadReport
}

export interface MainThreadReport {
  /** Durations of the tasks over 50 ms, as the browser tells them. */
  readonly longTasks: readonly number[]
  /** The longest silence of a timer that wants to run every 4 ms. */
  readonly maxGapMs: number
  /** From one frame to the next, of those that the page was asked to draw. */
  readonly frameGaps: FrameGaps
}

/** In milliseconds; 0: there were none. */
export interface FrameGaps {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** The steps of a run, in this order. Each rejects if it fails. */
export interface BenchPage {
  /** Up to the point where only the sync is missing. */
  open(task: BenchTask): Promise<void>
  /** Does nothing for a while, and tells how the main thread fared. */
  idle(ms: number): Promise<MainThreadReport>
  run(): Promise<PageResult>
  /** Rejects unless all of the state is on disk. */
  check(): Promise<void>
}

declare global {
  var bench: BenchPage
}
