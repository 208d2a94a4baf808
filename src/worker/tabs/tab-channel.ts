/**
 * Messages between the tabs of an origin about one database, over a BroadcastChannel. A tab has one name for life. A
 * writer has a name for one session, so no message meant for an earlier session reaches a later one.
 */

import type { ErrorDetails } from '../../runtime/error.ts'
import type { PauseReason, StallReason, SyncProgress } from '../../sync/progress.ts'
import type { EngineEvent, SyncTarget, VerifyProgress } from '../engine.ts'
import type { EngineCall } from '../engine-calls.ts'
import type { PlainError } from '../errors.ts'

/** Events of the writer. Each tab waiting for a sync has its own id for the sync: `ids`, by tab. */
export type TabEvent =
  | {
      readonly kind: 'progress'
      readonly ids: ReadonlyMap<string, number>
      readonly progress: SyncProgress
      readonly coverage: Float32Array
    }
  | {
      readonly kind: 'stalled'
      readonly ids: ReadonlyMap<string, number>
      readonly reason: StallReason
      readonly details: ErrorDetails | null
    }
  | {
      readonly kind: 'paused'
      readonly ids: ReadonlyMap<string, number>
      readonly reason: PauseReason
      readonly error: PlainError
    }
  | { readonly kind: 'verifying'; readonly ids: ReadonlyMap<string, number>; readonly progress: VerifyProgress }
  | Extract<EngineEvent, { kind: 'damaged' | 'peers' }>

export type TabMessage =
  /** A tab has opened, and asks for the writer's name. */
  | { readonly kind: 'hello' }
  /**
   * The writer lives, and syncs `target`: at each beat, and at each change of target. A later writer has a higher term.
   */
  | { readonly kind: 'beat'; readonly writer: string; readonly term: number; readonly target: SyncTarget | null }
  /** A tab has heard no beat for long, and will take over at the next. */
  | { readonly kind: 'candidate'; readonly tab: string }
  /** A follower asks the writer. The call is said again to each new writer, until one answers. */
  | ({
      readonly kind: 'call'
      readonly writer: string
      /** The chain of the caller. */
      readonly chainId: number
      readonly tab: string
      readonly call: number
    } & EngineCall)
  | {
      readonly kind: 'result'
      readonly writer: string
      readonly tab: string
      readonly call: number
      readonly value: unknown
    }
  | {
      readonly kind: 'error'
      readonly writer: string
      readonly tab: string
      readonly call: number
      readonly error: PlainError
    }
  | { readonly kind: 'event'; readonly writer: string; readonly event: TabEvent }
  /** The complete state on disk has changed. */
  | { readonly kind: 'changed' }

/** The used part of a `BroadcastChannel`. */
export interface ChannelPort {
  postMessage(message: TabMessage): void
  addEventListener(type: 'message', listener: (event: { readonly data: TabMessage }) => void): void
  close(): void
}
