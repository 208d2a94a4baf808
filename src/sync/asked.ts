/** The content of a request, and of its answer. */

import type { WayRequest } from '../trie/node-source.ts'
import type { WantedCode } from './code-queue.ts'
import { MAX_REFS_PER_REQUEST } from './constants.ts'
import type { Gap } from './frontier-items.ts'
import type { SyncPeer } from './peer.ts'
import type { Scheduler } from './scheduler.ts'

/** A way from a gap down, to a key of the scope. */
interface AskedWay extends WayRequest {
  readonly gap: Gap
}

/** The content of a request. */
export type Asked =
  | { readonly kind: 'nodes'; readonly gaps: readonly Gap[] }
  | { readonly kind: 'ways'; readonly gaps: readonly Gap[]; readonly ways: readonly AskedWay[] }
  | { readonly kind: 'codes'; readonly codes: readonly WantedCode[] }

/** A request neither timed out nor settled: its answer is still to come or to be verified. */
export interface OpenRequest {
  readonly peer: SyncPeer
  readonly asked: Asked
  /** The byte budget of the answer. */
  readonly maxBytes: number
}

/** An answer received: runs, ways or codes, in the order of the request. */
export interface ReceivedAnswer {
  readonly peer: SyncPeer
  readonly asked: Asked
  readonly parts: readonly Uint8Array[]
  readonly bytes: number
  /** Time from sending to receipt; `null`: we were absent meanwhile. */
  readonly elapsedMs: number | null
  /** To be called when the whole answer is verified. */
  settle(): void
}

/** Returns as many ways as one request may have. The rest of a gap is requested once its node is known. */
export function waysOf(gaps: readonly Gap[], scheduler: Scheduler): Asked {
  const ways = gaps.flatMap((gap) => {
    return scheduler.keysBelow(gap, MAX_REFS_PER_REQUEST).map((key) => ({ path: gap.path, hash: gap.hash, key, gap }))
  })
  return { kind: 'ways', gaps, ways: ways.slice(0, MAX_REFS_PER_REQUEST) }
}
