/**
 * What the tabs of an origin say to each other about one database, over a BroadcastChannel. A tab has a name as long as it
 * lives; a writer has one as long as it is the writer, so that nothing meant for its last term reaches it in its next.
 */

import type { ErrorDetails } from '../../runtime/error.ts'
import type { PauseReason, StallReason, SyncProgress } from '../../sync/progress.ts'
import type { EngineEvent, SyncTarget, VerifyProgress } from '../engine.ts'
import type { EngineCall } from '../engine-calls.ts'
import type { PlainError } from '../errors.ts'

/** What the writer tells of itself. Each tab that waits for a sync has a name of its own for it: `ids`, by tab. */
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
  /** A tab has opened, and would like to know who writes. */
  | { readonly kind: 'hello' }
  /** The writer is there, and syncs this: at each beat, and when it changes. A later writer has a higher term. */
  | { readonly kind: 'beat'; readonly writer: string; readonly term: number; readonly target: SyncTarget | null }
  /** A tab has heard no beat for long, and will take over at the next. */
  | { readonly kind: 'candidate'; readonly tab: string }
  /** A follower asks the writer. Said again to each new writer, until it is answered. */
  | ({
      readonly kind: 'call'
      readonly writer: string
      /** That the answer is to be about. */
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
  /** What is complete on disk is no longer what it was. */
  | { readonly kind: 'changed' }

/** What is used of a `BroadcastChannel`. */
export interface ChannelPort {
  postMessage(message: TabMessage): void
  addEventListener(type: 'message', listener: (event: { readonly data: TabMessage }) => void): void
  close(): void
}
