/**
 * One light client and at most one sync, for the page. The client is opened for a list of peers, and reopened when the
 * list changes. Superseded clients and syncs report nothing. The session knows nothing of the document.
 */
import type { LightClient, PeerInfo, Sync, SyncProgress, SyncTarget } from '../src/index.ts'
import { codeOf } from './words.ts'

/** Events of the session for the page. */
export interface SessionListener {
  /** Reports the progress of the sync started here. If there is none, reports the sync of another tab. */
  progress(progress: SyncProgress, coverage: Float32Array): void
  /**
   * Reports a stall: `reason` is `noPeers`, `loadFailed`, `rootUnavailable` or `noProgress`. The sync may resume by
   * itself.
   */
  stalled(reason: string): void
  /** Reports a full disk: `error` has the numbers. The sync continues by itself when there is room. */
  full(error: unknown): void
  /** Reports that the database was closed under the client, with the reason. The next start opens another client. */
  lost(reason: string): void
  /** Reports a damaged page or code of the database. The store has dropped the damaged data. */
  damaged(): void
  peers(peers: readonly PeerInfo[]): void
  /** Reports the end of a sync: complete (in any tab), stopped here, or failed with `error`. */
  ended(phase: 'complete' | 'paused' | 'failed', error?: unknown): void
}

/** The life of the client. Every method may be called in any state. */
export class Session {
  readonly #open: (peers: readonly string[]) => Promise<LightClient>
  readonly #listener: SessionListener
  #client: Promise<LightClient> | undefined
  #peers = ''
  #sync: Sync | undefined

  /** `open` creates a client. The session calls `open` only after closing the last client. */
  constructor(open: (peers: readonly string[]) => Promise<LightClient>, listener: SessionListener) {
    this.#open = open
    this.#listener = listener
  }

  /** True while a sync runs. */
  get isSyncing(): boolean {
    return this.#sync !== undefined
  }

  /**
   * Returns the client for these multiaddrs, and reuses the open client if its peers are the same. Rejects as `open`
   * does.
   */
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
        // The caller gets the error from the promise itself. The next call must try again.
        if (this.#client === client) this.#client = undefined
      },
    )
    return client
  }

  /** Returns the open client. Rejects if there is none. */
  async client(): Promise<LightClient> {
    if (this.#client === undefined) throw new Error('No client is open. Correct the fields above, or reload the page.')
    return this.#client
  }

  /** Starts syncing `target`, or moves the running sync to `target`. */
  async start(peers: readonly string[], target: SyncTarget): Promise<void> {
    const client = await this.connect(peers)
    const sync = client.sync(target)
    this.#sync = sync
    this.#follow(sync)
  }

  /** Lets a sync waiting for room on the disk try again now. */
  async resume(): Promise<void> {
    // A sync ended meanwhile, or with a dead worker, reports its end by itself.
    await this.#sync?.resume().catch(() => {})
  }

  /** Stops the sync, if one runs. All verified data stays. */
  async stop(): Promise<void> {
    await this.#sync?.cancel()
  }

  /** Closes the client, if one is open. */
  async close(): Promise<void> {
    const client = this.#client
    this.#client = undefined
    this.#sync = undefined
    // After a failed opening there is nothing to close, and the caller of `connect` has the error.
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

  /** Follows the sync of another tab. Only its progress tells how this sync ends. */
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
