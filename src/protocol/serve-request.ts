/** Reads the answer to one request from a source, within a budget of bytes and of time. Sends nothing. */

import type { Clock } from '../runtime/clock.ts'
import { type NodeSource, OWN_WORK, type Work } from '../trie/node-source.ts'
import { MAX_BUDGET_BYTES } from './constants.ts'
import { ANSWER_KIND, type Answer, maxItemBytes, type Request } from './messages.ts'

/** The budget of one answer. The last item may exceed `maxBytes`; reading stops at `stopAtMs` of `clock`. */
export interface ServingBudget {
  readonly maxBytes: number
  readonly clock: Clock
  readonly stopAtMs: number
  /** Receives the cost of reading. Left out: the cost is not counted. */
  readonly work?: Work
}

const NOTHING = new Uint8Array()

/**
 * Resolves with the answer to `request`: an item for each ref or hash, in order. Empty item: the source does not have
 * it. Fewer items: the budget was used up; the first item is always there. Rejects with the source's error.
 */
export async function serveRequest(request: Request, source: NodeSource, budget: ServingBudget): Promise<Answer> {
  return { kind: ANSWER_KIND[request.kind], id: request.id, items: await serveItems(request, source, budget) }
}

async function serveItems(request: Request, source: NodeSource, budget: ServingBudget): Promise<Uint8Array[]> {
  switch (request.kind) {
    case 'getNodes': {
      const { root, refs } = request
      if (!source.has(root)) return refs.map(() => NOTHING)
      return collect(request, refs, budget, (ref, left) => source.run(root, ref, ref.maxNodes, left, budget.work))
    }
    case 'getPaths': {
      const { root, refs } = request
      if (!source.has(root)) return refs.map(() => NOTHING)
      return collect(request, refs, budget, (ref) => source.path(root, ref, ref.key, budget.work))
    }
    case 'getCode':
      return collect(request, request.hashes, budget, (hash) => source.code(hash))
    case 'getHeader':
      return collect(request, request.hashes, budget, async (hash) => source.header?.(hash))
    default:
      return request satisfies never
  }
}

async function collect<T>(
  request: Request,
  wanted: readonly T[],
  { maxBytes, clock, stopAtMs, work = OWN_WORK }: ServingBudget,
  read: (item: T, leftBytes: number) => Promise<Uint8Array | undefined>,
): Promise<Uint8Array[]> {
  const items: Uint8Array[] = []
  const kind = ANSWER_KIND[request.kind]
  let left = Math.min(request.maxBytes, maxBytes, MAX_BUDGET_BYTES)
  for (const item of wanted) {
    if (items.length > 0) {
      if (left <= 0 || clock.now() >= stopAtMs) break
      await work.pause()
    }
    const found = (await read(item, left)) ?? NOTHING
    // An item too large for an answer counts as one we do not have.
    const bytes = found.length > maxItemBytes(kind, left) ? NOTHING : found
    items.push(bytes)
    left -= bytes.length
  }
  return items
}
