/**
 * The loop of geth's trie and state tests, over the pure scheduler. A round asks for missing nodes, delivers some in
 * some order, and commits; the loop ends when nothing is pending. In geth's tests peers answer hash by hash. Longer
 * runs are ours.
 */
import type { WantedCode } from '../sync/code-queue.ts'
import { deliveryOf } from '../sync/delivery.ts'
import type { Gap } from '../sync/frontier-items.ts'
import { Scheduler } from '../sync/scheduler.ts'
import { nobleKeccak } from '../trie/keccak.ts'
import type { Fixture } from './geth-fixtures.ts'
import { runAt } from './oracle.ts'
import { covered, type PageMap } from './page-map.ts'
import type { Random } from './random.ts'

export interface IterateOptions {
  /** Maximum refs, and maximum codes, to ask for in a round. */
  readonly batch: number
  /** Delivers in random order. If absent, delivers in the order of asking. */
  readonly random?: Random
  /** Delivers half of the answers in flight in each round, and the rest later. */
  readonly half?: boolean
  /** Maximum nodes of a run. If absent: 1, as in geth's tests. */
  readonly maxRun?: number
  /** Answers a request for a gap. If absent, answers as an honest peer does. */
  readonly serve?: (gap: Gap) => Promise<Uint8Array>
  /** Called after each round, when the committed nodes are in the pages. */
  readonly onRound?: (scheduler: Scheduler) => void
}

/** Everything the scheduler asked for, in order. */
export interface Iterated {
  readonly gaps: readonly Gap[]
  readonly codes: readonly WantedCode[]
  readonly counts: Scheduler['counts']
}

/** Returns a scheduler of `fixture`, told of everything `disk` holds. */
export function schedulerOf({ root, leaf }: Fixture, disk: PageMap): Scheduler {
  return new Scheduler({ root, leaf, keccak: nobleKeccak, contents: disk.contents() })
}

/**
 * Brings all of `fixture` to `disk`. Throws if a round asks for nothing while something is pending, or if the scheduler
 * refuses a true answer.
 */
export async function iterate(fixture: Fixture, disk: PageMap, options: IterateOptions): Promise<Iterated> {
  const scheduler = schedulerOf(fixture, disk)
  const serve = options.serve ?? (async (gap) => Buffer.concat(runAt(fixture.sequence, gap.path, options.maxRun ?? 1)))
  const queue = { gaps: [] as Gap[], codes: [] as WantedCode[] }
  const asked = { gaps: [] as Gap[], codes: [] as WantedCode[] }
  while (scheduler.pending > 0) {
    const resolved = resolve(scheduler, disk)
    const gaps = scheduler.missing(Number.POSITIVE_INFINITY, options.batch)
    const codes = scheduler.codes.missing(options.batch, () => true)
    asked.gaps.push(...gaps)
    asked.codes.push(...codes)
    queue.gaps.push(...gaps)
    queue.codes.push(...codes)
    if (queue.gaps.length + queue.codes.length + resolved === 0)
      throw new Error('something is pending and never handed out')
    for (const gap of take(queue.gaps, options)) deliver(scheduler, gap, await serve(gap))
    for (const code of take(queue.codes, options)) deliverCode(scheduler, code, fixture)
    disk.write(scheduler.commit(), scheduler.codes.commit())
    options.onRound?.(scheduler)
  }
  disk.write(scheduler.commit(), scheduler.codes.commit())
  return { ...asked, counts: scheduler.counts }
}

function resolve(scheduler: Scheduler, disk: PageMap): number {
  const gaps = scheduler.unresolved(Number.POSITIVE_INFINITY)
  for (const gap of gaps) scheduler.resolve(gap, covered(disk.find(gap.path)!))
  return gaps.length
}

/** Takes the part of the queue to deliver now. */
function take<T>(queue: T[], { half, random }: IterateOptions): T[] {
  if (random !== undefined) shuffle(queue, random)
  return queue.splice(0, half === true ? Math.ceil(queue.length / 2) : queue.length)
}

function shuffle(list: unknown[], random: Random): void {
  for (let i = list.length - 1; i > 0; i--) {
    const j = random.int(i + 1)
    ;[list[i], list[j]] = [list[j], list[i]]
  }
}

function deliver(scheduler: Scheduler, gap: Gap, run: Uint8Array): void {
  const delivery = deliveryOf(gap, run)
  scheduler.process(delivery)
  if (delivery.lie !== null) throw new Error(`a true answer to '${gap.path}' is refused: ${delivery.lie}`)
  scheduler.release([gap])
}

function deliverCode(scheduler: Scheduler, code: WantedCode, { codes }: Fixture): void {
  if (!scheduler.codes.process(code, codes.get(code.hashHex)!, nobleKeccak)) throw new Error('a true code is refused')
  scheduler.codes.release([code])
}
