/**
 * Verifies an answer part by part, in slices. True parts go to the scheduler; for an empty part, the peer is noted as
 * not having the data.
 */
import type { Keccak } from '../trie/keccak.ts'
import type { Asked, ReceivedAnswer } from './asked.ts'
import { SLICE_BYTES } from './constants.ts'
import { deliveryOf } from './delivery.ts'
import type { Gap } from './frontier-items.ts'
import type { SyncPeer } from './peer.ts'
import type { Scheduler } from './scheduler.ts'

export interface TakeOptions {
  readonly scheduler: Scheduler
  readonly keccak: Keccak
  /** Bytes of a run between two calls of {@link goOn}; `SLICE_BYTES` if left out. */
  readonly sliceBytes?: number | undefined
  /** Called between slices. Resolves with false if the sync ends: then verifying ends, too. */
  readonly goOn: () => Promise<boolean>
}

/** One item of a request. */
interface AskedItem {
  /** The gap or code; `attempts` are the peers that do not have the data. */
  readonly wanted: { attempts: Set<SyncPeer> | null }
  /** Takes a part. Returns the reason why the part is a lie, or `null`. */
  readonly take: (part: Uint8Array) => string | null | Promise<string | null>
}

/**
 * Verifies the answer. Returns the reason why the peer lied, or `null`. True parts before a lie are kept. Throws
 * `badRoot`.
 */
export async function takeAnswer({ asked, parts, peer }: ReceivedAnswer, options: TakeOptions): Promise<string | null> {
  for (const [i, { wanted, take }] of itemsOf(asked, options).entries()) {
    const part = parts[i]
    // Parts missing at the end did not fit. An empty part, or no part at all, means "don't have it".
    if (part === undefined && parts.length > 0) break
    if (part === undefined || part.length === 0) {
      wanted.attempts = (wanted.attempts ?? new Set()).add(peer)
      continue
    }
    const lie = await take(part)
    if (lie !== null) return lie
  }
  return null
}

function itemsOf(asked: Asked, options: TakeOptions): AskedItem[] {
  const { scheduler, keccak } = options
  switch (asked.kind) {
    case 'nodes':
      return asked.gaps.map((gap) => ({ wanted: gap, take: (run) => takeRun(gap, run, options) }))
    case 'ways':
      return asked.ways.map(({ gap, key }) => ({ wanted: gap, take: (way) => scheduler.processWay(gap, key, way) }))
    case 'codes':
      return asked.codes.map((code) => ({
        wanted: code,
        take: (bytes) => (scheduler.codes.process(code, bytes, keccak) ? null : 'wrongHash'),
      }))
  }
}

async function takeRun(
  gap: Gap,
  run: Uint8Array,
  { scheduler, sliceBytes = SLICE_BYTES, goOn }: TakeOptions,
): Promise<string | null> {
  const delivery = deliveryOf(gap, run)
  while (scheduler.process(delivery, sliceBytes)) if (!(await goOn())) return null
  return delivery.lie
}
