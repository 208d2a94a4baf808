/**
 * One light client and at most one sync, as the page needs them: opened for a list of peers, reopened when the list
 * changes, and silent about what has been superseded. Knows nothing of the document.
 */
import type { LightClient, PeerInfo, Sync, SyncProgress, SyncTarget } from '../src/index.ts'
import { codeOf } from './words.ts'

/** What the session tells the page. */
export interface SessionListener {
  /** Of the sync that was started here; while none was, of the one that another tab has started. */
  progress(progress: SyncProgress, coverage: Float32Array): void
  /** Nothing arrives: `reason` is `noPeers`, `loadFailed`, `rootUnavailable` or `noProgress`. Progress goes on by itself. */
  stalled(reason: string): void
  /** The disk is full: `error` has the numbers. The sync goes on by itself when there is room. */
  full(error: unknown): void
  /** The database was closed under the client: `reason` says why. The next start opens another client. */
  lost(reason: string): void
  /** A page or a code of the database was found damaged, and dropped. */
  damaged(): void
  peers(peers: readonly PeerInfo[]): void
  /** The sync is over: complete, wherever it was started; or stopped here, or failed with `error`. */
  ended(phase: 'complete' | 'paused' | 'failed', error?: unknown): void
}

/** The life of the client. Every method may be called in any state. */
export class Session {
  readonly #open: (peers: readonly string[]) => Promise<LightClient>
  readonly #listener: SessionListener
  #client: Promise<LightClient> | undefined
  #peers = ''
  #sync: Sync | undefined

  /** `open` creates a client; it is not called before the last one is closed. */
  constructor(open: (peers: readonly string[]) => Promise<LightClient>, listener: SessionListener) {
    this.#open = open
    this.#listener = listener
  }

  /** True while a sync runs. */
  get isSyncing(): boolean {
    return this.#sync !== undefined
  }

  /** The client for these multiaddrs: the one that is open, if it has the same. Rejects with what `open` rejects with. */
  connect(peers: readonly string[]): Promise<LightClient> {
    const key = [...peers].sort().join(' ')
    if (this.#client !== undefined && key === this.#peers) return this.#client
    const closed = this.close()
    const client = closed.then(() => this.#open(peers))
    this.#client = client
    this.#peers = key
    client.then(
      (open) => this.#watch(client, open),
      () => {
        // Whoever called is told by the promise itself; the next call shall try again.
        if (this.#client === client) this.#client = undefined
      },
    )
    return client
  }

  /** The client that is open. Rejects if there is none. */
  async client(): Promise<LightClient> {
    if (this.#client === undefined) throw new Error('No client is open. Correct the fields above, or reload the page.')
    return this.#client
  }

  /** Starts to sync `target`, or moves the sync that runs to it. */
  async start(peers: readonly string[], target: SyncTarget): Promise<void> {
    const client = await this.connect(peers)
    const sync = client.sync(target)
    this.#sync = sync
    this.#follow(sync)
  }

  /** Tells a sync that waits for room on the disk to try now. */
  async resume(): Promise<void> {
    // A sync that has ended meanwhile, or whose worker has died, says so by itself.
    await this.#sync?.resume().catch(() => {})
  }

  /** Stops the sync, if one runs. What was verified stays. */
  async stop(): Promise<void> {
    await this.#sync?.cancel()
  }

  /** Closes the client, if one is open. */
  async close(): Promise<void> {
    const client = this.#client
    this.#client = undefined
    this.#sync = undefined
    // A client that could not be opened has nothing to close, and whoever opened it was told.
    await client?.then((open) => open.close()).catch(() => {})
  }

  #watch(client: Promise<LightClient>, open: LightClient): void {
    const report = () => {
      if (this.#client === client) this.#listener.peers(open.peers())
    }
    open.addEventListener('peers', report)
    open.addEventListener('progress', ({ detail }) => {
      if (this.#client === client && this.#sync === undefined) this.#followOther(detail, open.coverage())
    })
    open.addEventListener('damaged', () => {
      if (this.#client === client) this.#listener.damaged()
    })
    open.addEventListener('storeClosed', (event) => {
      if (this.#client !== client) return
      this.#client = undefined
      void open.close()
      this.#listener.lost(event.detail.reason)
    })
    report()
  }

  /** The sync of another tab: how it ends is told by its progress alone. */
  #followOther(progress: SyncProgress, coverage: Float32Array): void {
    const { phase } = progress
    this.#listener.progress(phase === 'failed' ? { ...progress, phase: 'paused' } : progress, coverage)
    if (phase === 'complete') this.#listener.ended('complete')
  }

  #follow(sync: Sync): void {
    const isCurrent = () => this.#sync === sync
    sync.addEventListener('progress', (event) => {
      if (isCurrent()) this.#listener.progress((event as CustomEvent<SyncProgress>).detail, sync.coverage())
    })
    sync.addEventListener('stalled', (event) => {
      if (isCurrent()) this.#listener.stalled((event as CustomEvent<{ reason: string }>).detail.reason)
    })
    sync.addEventListener('paused', (event) => {
      if (isCurrent()) this.#listener.full(event.detail.error)
    })
    const end = (phase: 'complete' | 'paused' | 'failed', error?: unknown) => {
      if (!isCurrent()) return
      this.#sync = undefined
      this.#listener.ended(phase, error)
    }
    sync.done.then(
      () => end('complete'),
      (error: unknown) => end(codeOf(error) === 'cancelled' ? 'paused' : 'failed', error),
    )
  }
}
