/**
 * The sync of a target as all components of a page use it: they have one between them, it is cancelled when the last of them
 * is gone, and a component that is mounted twice in a row (React's StrictMode) has no sync cancelled under it.
 */
import type { LightClient } from '../client.ts'
import type { StallReason, SyncPhase, SyncProgress } from '../sync/progress.ts'
import type { SyncTarget } from '../worker/engine.ts'

/** What a component shows. It is another object whenever it has changed. */
export interface SyncState {
  /** `idle`: there is no client, or no target, yet. */
  readonly phase: SyncPhase | 'idle'
  readonly progress: SyncProgress | null
  /** Why it is stalled; `null`: it is not. */
  readonly stalled: StallReason | null
  /** Why it has failed. */
  readonly error: unknown
}

export const IDLE: SyncState = { phase: 'idle', progress: null, stalled: null, error: null }
const CONNECTING: SyncState = { ...IDLE, phase: 'connecting' }

/** By client: the one that runs, or ran last. */
const shared = new WeakMap<LightClient, SharedSync>()

export class SharedSync {
  readonly #client: LightClient
  readonly #target: SyncTarget
  readonly #key: string
  readonly #listeners = new Set<() => void>()
  #cancel: (() => Promise<void>) | null = null
  #state: SyncState = CONNECTING
  #hasEnded = false

  /** The sync of this target, which another component may have begun. It runs as long as somebody is subscribed. */
  static of(client: LightClient, target: SyncTarget): SharedSync {
    const key = keyOf(target)
    const known = shared.get(client)
    if (known !== undefined && known.#key === key && !known.#hasFailed) return known
    const sync = new SharedSync(client, target, key)
    shared.set(client, sync)
    return sync
  }

  private constructor(client: LightClient, target: SyncTarget, key: string) {
    this.#client = client
    this.#target = target
    this.#key = key
  }

  get state(): SyncState {
    return this.#state
  }

  /** Returns the way to unsubscribe. The first begins the sync. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    if (this.#cancel === null) this.#start()
    return () => {
      this.#listeners.delete(listener)
      // Whoever takes the place of the one that leaves is there in a moment.
      setTimeout(() => this.#endIfUnused())
    }
  }

  get #hasFailed(): boolean {
    return this.#state.error !== null
  }

  #start(): void {
    try {
      const sync = this.#client.sync(this.#target)
      this.#cancel = () => sync.cancel()
      sync.addEventListener('progress', ({ detail }) => this.#show({ ...IDLE, phase: detail.phase, progress: detail }))
      sync.addEventListener('stalled', ({ detail }) =>
        this.#show({ ...this.#state, phase: 'stalled', stalled: detail.reason }),
      )
      sync.done.then(
        (progress) => this.#end({ ...IDLE, phase: 'complete', progress }),
        (error: unknown) => this.#end({ ...this.#state, phase: 'failed', stalled: null, error }),
      )
    } catch (error) {
      // The target is none.
      this.#cancel = async () => {}
      this.#end({ ...IDLE, phase: 'failed', error })
    }
  }

  #end(state: SyncState): void {
    this.#hasEnded = true
    this.#show(state)
  }

  #endIfUnused(): void {
    if (this.#listeners.size > 0 || this.#hasEnded) return
    if (shared.get(this.#client) === this) shared.delete(this.#client)
    void this.#cancel?.()
  }

  #show(state: SyncState): void {
    this.#state = state
    for (const listener of this.#listeners) listener()
  }
}

/** Targets of equal content have equal keys. */
export function keyOf(target: SyncTarget): string {
  return JSON.stringify(target, (_, value: unknown) => (typeof value === 'bigint' ? `0x${value.toString(16)}` : value))
}
