/** Verifies an answer part by part, in slices: what is true goes to the scheduler, what the peer does not have is noted. */
import type { Keccak } from '../trie/keccak.ts'
import type { Gap } from './frontier.ts'
import type { SyncPeer } from './peer.ts'
import type { Answer, Asked } from './requests.ts'
import { deliveryOf, type Scheduler } from './scheduler.ts'

export interface TakeOptions {
  readonly scheduler: Scheduler
  readonly keccak: Keccak
  /** Of a run, between two calls of {@link goOn}. */
  readonly sliceBytes: number
  /** Called between slices; false: the sync ends, and so does this. */
  readonly goOn: () => Promise<boolean>
  /** A bytecode of so many bytes was taken. */
  readonly onCode: (bytes: number) => void
}

/** One thing that was asked for. */
interface Item {
  /** Remembers who does not have it. */
  readonly wanted: { attempts: Set<SyncPeer> | null }
  /** Returns why the part is a lie; `null`: it is none. */
  readonly take: (part: Uint8Array) => string | null | Promise<string | null>
}

/** Returns why the peer lied, or `null`; what was true before a lie is kept. Throws `badRoot`. */
export async function takeAnswer({ asked, parts, peer }: Answer, options: TakeOptions): Promise<string | null> {
  for (const [i, { wanted, take }] of itemsOf(asked, options).entries()) {
    const part = parts[i]
    // What is missing at the end did not fit; an empty part, or no part at all, says "don't have it".
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

function itemsOf(asked: Asked, options: TakeOptions): Item[] {
  const { scheduler, keccak, onCode } = options
  switch (asked.kind) {
    case 'nodes':
      return asked.gaps.map((gap) => ({ wanted: gap, take: (run) => takeRun(gap, run, options) }))
    case 'ways':
      return asked.ways.map(({ gap, key }) => ({ wanted: gap, take: (way) => scheduler.processWay(gap, key, way) }))
    case 'codes':
      return asked.codes.map((code) => ({
        wanted: code,
        take: (bytes) => {
          if (!scheduler.codes.process(code, bytes, keccak)) return 'wrongHash'
          onCode(bytes.length)
          return null
        },
      }))
  }
}

async function takeRun(
  gap: Gap,
  run: Uint8Array,
  { scheduler, sliceBytes, goOn }: TakeOptions,
): Promise<string | null> {
  const delivery = deliveryOf(gap, run)
  while (scheduler.process(delivery, sliceBytes)) if (!(await goOn())) return null
  return delivery.lie
}
