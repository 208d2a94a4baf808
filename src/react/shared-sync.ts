/**
 * One sync shared by all components of a window with the same target. The sync is left when its last component
 * unmounts. Leaving ends the sync only if no other tab wants it. A component mounted twice in a row (React's
 * StrictMode) keeps its sync.
 */
import type { LightClient } from '../client.ts'
import type { StallReason, SyncPhase, SyncProgress } from '../sync/progress.ts'
import type { SyncTarget } from '../worker/engine.ts'

/** The state shown by a component. Every change makes a new object. */
export interface SyncState {
  /** The phase of the sync. `idle`: the client or the target is still missing. */
  readonly phase: SyncPhase | 'idle'
  readonly progress: SyncProgress | null
  /** The reason of a stall; `null` outside a stall. */
  readonly stalled: StallReason | null
  /** The reason of a failure: `superseded` if another target took the place of this one. */
  readonly error: unknown
}

/** A store for `useSyncExternalStore`. Rendering only reads the state; subscribing starts the sync. */
export interface SyncStore {
  readonly subscribe: (listener: () => void) => () => void
  readonly state: () => SyncState
}

export const IDLE: SyncState = { phase: 'idle', progress: null, stalled: null, error: null }
const CONNECTING: SyncState = { ...IDLE, phase: 'connecting' }

/** The syncs with a subscriber, by client and by {@link keyOf}. */
const running = new WeakMap<LightClient, Map<string, SharedSync>>()

/** Returns the sync of this target, shared with other components. The sync runs while a component is subscribed. */
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
        // A component replacing the leaving one subscribes before this timer fires.
        setTimeout(() => {
          if (!sync.isUsed && syncs.get(key) === sync) syncs.delete(key)
          if (!sync.isUsed) sync.leave()
        })
      }
    },
  }
}

/**
 * Returns equal keys for targets of equal content. An invalid target gets a key as well: the client reports the
 * mistake.
 */
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
  /** Leaves the running sync. Does nothing once the sync has ended. */
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

  /** Adds a subscriber. idle, failed → connecting: a later subscriber tries a failed sync again. */
  add(listener: () => void): void {
    this.#listeners.add(listener)
    if (this.#state.phase === 'idle' || this.#state.phase === 'failed') this.#start()
  }

  remove(listener: () => void): void {
    this.#listeners.delete(listener)
  }

  leave(): void {
    // A failure to leave means the worker has died, and the sync with it.
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
      // The target is invalid.
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
