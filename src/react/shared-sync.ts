/**
 * The sync of a target as all components of a page use it: they have one between them, it is left when the last of them is
 * gone, which ends it only if no other tab wants it, and a component that is mounted twice in a row (React's StrictMode) has
 * no sync ended under it.
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
  /** Why it has failed: `superseded`, if another target took its place. */
  readonly error: unknown
}

/** As `useSyncExternalStore` takes it. A render looks at the state; only who subscribes begins anything. */
export interface SyncStore {
  readonly subscribe: (listener: () => void) => () => void
  readonly state: () => SyncState
}

export const IDLE: SyncState = { phase: 'idle', progress: null, stalled: null, error: null }
const CONNECTING: SyncState = { ...IDLE, phase: 'connecting' }

/** By client and {@link keyOf}: those that somebody is subscribed to. */
const running = new WeakMap<LightClient, Map<string, SharedSync>>()

/** The sync of this target, which another component may have begun. It runs as long as somebody is subscribed. */
export function sharedSync(client: LightClient, target: SyncTarget): SyncStore {
  const key = keyOf(target)
  const syncs = running.get(client) ?? new Map<string, SharedSync>()
  running.set(client, syncs)
  return {
    state: () => syncs.get(key)?.state ?? CONNECTING,
    subscribe: (listener) => {
      const sync = syncs.get(key) ?? new SharedSync(client, target)
      syncs.set(key, sync)
      sync.add(listener)
      return () => {
        sync.remove(listener)
        // Whoever takes the place of the one that leaves is there in a moment.
        setTimeout(() => {
          if (!sync.isUsed && syncs.get(key) === sync) syncs.delete(key)
          if (!sync.isUsed) sync.leave()
        })
      }
    },
  }
}

/** Targets of equal content have equal keys. What is no target has one, too: the client says what is wrong with it. */
export function keyOf(target: SyncTarget): string {
  try {
    const { root, blockNumber, block, header, accounts, storage } = target
    const parts = [root, blockNumber, block, header, accounts && [...accounts].sort(), storage && sorted(storage)]
    return JSON.stringify(parts, (_, value: unknown) => (typeof value === 'bigint' ? `0x${value.toString(16)}` : value))
  } catch {
    return typeof target
  }
}

function sorted(storage: NonNullable<SyncTarget['storage']>): unknown {
  return Object.entries(storage).sort(([a], [b]) => (a < b ? -1 : 1))
}

class SharedSync {
  readonly #client: LightClient
  readonly #target: SyncTarget
  readonly #listeners = new Set<() => void>()
  #state: SyncState = IDLE
  /** Does nothing once it has ended. */
  #leave: () => Promise<void> = async () => {}

  constructor(client: LightClient, target: SyncTarget) {
    this.#client = client
    this.#target = target
  }

  get state(): SyncState {
    return this.#state
  }

  get isUsed(): boolean {
    return this.#listeners.size > 0
  }

  /** idle, failed → connecting: who comes later gives it another try. */
  add(listener: () => void): void {
    this.#listeners.add(listener)
    if (this.#state.phase === 'idle' || this.#state.phase === 'failed') this.#start()
  }

  remove(listener: () => void): void {
    this.#listeners.delete(listener)
  }

  leave(): void {
    // A worker that has died has stopped it just as well.
    this.#leave().catch(() => {})
  }

  #start(): void {
    this.#show(CONNECTING)
    try {
      const sync = this.#client.sync(this.#target)
      this.#leave = () => sync.leave()
      sync.addEventListener('progress', ({ detail }) => this.#show(stateOf(detail)))
      sync.done.then(
        (progress) => this.#end(stateOf(progress)),
        (error: unknown) => this.#fail(error),
      )
    } catch (error) {
      // The target is none.
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    this.#end({ ...this.#state, phase: 'failed', stalled: null, error })
  }

  #end(state: SyncState): void {
    this.#leave = async () => {}
    this.#show(state)
  }

  #show(state: SyncState): void {
    this.#state = state
    for (const listener of this.#listeners) listener()
  }
}

function stateOf(progress: SyncProgress): SyncState {
  const { phase, reason } = progress
  return { phase, progress, stalled: phase === 'stalled' ? (reason as StallReason | null) : null, error: null }
}
