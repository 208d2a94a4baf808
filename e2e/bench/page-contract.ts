/** The interface of a page of the benchmark, for the process driving the page. Only plain data crosses. */

/**
 * The measured contenders. Rootlight with its engine in a worker and in the window; the bare transport, verification
 * and commits alone; a straight port of geth's design; and Helia, which fetches the nodes as blocks.
 */
export const CONTENDERS = ['ours', 'window', 'ceiling', 'verification', 'commits', 'straight', 'helia'] as const
export type Contender = (typeof CONTENDERS)[number]

/** The state to sync, and the data to check the result. */
export interface BenchTask {
  /** The contender to run: some pages have several. */
  readonly contender: Contender
  /** Multiaddr of the server, which speaks our protocol and the straight port's, or Helia's. */
  readonly address: string
  readonly root: string
  readonly expected: ExpectedState
  readonly straight: StraightSettings
  /** Blocks requested from Helia at a time. */
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
  /** keccak-256 of all hashes in ascending order, in hex; empty if no contender has such a database. */
  readonly recordsDigest: string
  /** Some of the accounts. */
  readonly samples: readonly AccountSample[]
}

export interface AccountSample {
  readonly address: string
  /** A decimal number. */
  readonly balance: string
}

/** The settings of the straight port. */
export interface StraightSettings {
  readonly thread: 'window' | 'worker'
  /** Puts in a transaction. */
  readonly batch: number
  /** Requests in flight, each on a stream of its own. */
  readonly requests: number
  /** Transactions in flight. */
  readonly writes: number
}

/** The times of a sync, on the page's own clock. */
export interface PageResult {
  /** From the call to the last byte on disk, with loading libp2p and dialing. */
  readonly ms: number
  /** The part of `ms` before the first peer was ready. */
  readonly connectMs: number
  readonly nodes: number
  readonly codes: number
  readonly mainThread: MainThreadReport
}

export interface MainThreadReport {
  /** Durations of the tasks over 50 ms, as reported by the browser. */
  readonly longTasks: readonly number[]
  /** The longest gap of a timer set to 4 ms. */
  readonly maxGapMs: number
  /** The gaps between the frames of the page. */
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
  /** Prepares everything except the sync. */
  open(task: BenchTask): Promise<void>
  /** Does nothing for `ms`, and returns the report on the main thread. */
  idle(ms: number): Promise<MainThreadReport>
  run(): Promise<PageResult>
  /** Rejects unless all of the state is on disk. */
  check(): Promise<void>
}

declare global {
  var bench: BenchPage
}
