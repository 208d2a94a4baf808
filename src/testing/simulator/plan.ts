/** What a trial is about: everything that is drawn from its seed before anything runs. */
import { MAX_RESPONSE_BYTES } from '../../protocol/constants.ts'
import { MAX_PAGE_BYTES } from '../../sync/constants.ts'
import { type Random, seededRandom } from '../random.ts'
import type { LineQuality } from './link.ts'
import { LYING_VICES, TRUTHFUL_VICES, type Vice } from './vices.ts'

/** A peer and its line. Times are milliseconds of the trial. */
export interface ServerPlan extends LineQuality {
  readonly id: string
  readonly vice: Vice
  /** How often it does what its vice is, 0 to 1. */
  readonly zeal: number
  /** What it answers at most, as it says in its Status. */
  readonly maxResponseBytes: number
  /** When it can be reached for the first time. */
  readonly comesAtMs: number
  /** How long after a target was named it has that root. */
  readonly learnsAfterMs: number
  /** True: it says at once that it has the root, and answers with nothing until it has. */
  readonly boasts: boolean
  /** When the network loses its connections, and when it delivers nothing for a while. */
  readonly cutsAtMs: readonly number[]
  readonly pauses: readonly { readonly atMs: number; readonly ms: number }[]
}

export type Event =
  /** A newer root takes the place of the target. */
  | { readonly kind: 'pivot'; readonly atMs: number }
  /** An earlier root does: the chain was reorganised, or the application has changed its mind. */
  | { readonly kind: 'back'; readonly atMs: number }
  /** The sync is cancelled, and started again after a while. */
  | { readonly kind: 'cancel'; readonly atMs: number; readonly downMs: number }
  /** The machine sleeps, or the browser holds the tab back. */
  | { readonly kind: 'sleep'; readonly atMs: number; readonly ms: number }
  /** The machine loses its network, and has it again after a while. */
  | { readonly kind: 'offline'; readonly atMs: number; readonly ms: number }
  /** The tab is hidden. */
  | { readonly kind: 'hide'; readonly atMs: number }

/** What goes on beside the syncs. None of it is a fault. `atMs` may be counted from the moment at which a state is complete. */
export type Beside =
  /** The application reads, so often at once. */
  | { readonly kind: 'reads'; readonly atMs: number; readonly count: number }
  /** Another tab comes, and asks ours. */
  | { readonly kind: 'guest'; readonly atMs: number }
  /** The last complete state is exported. */
  | { readonly kind: 'export'; readonly atMs: number }

/** What the tab's thread is like. */
export interface ThreadPlan {
  /** What it takes to hash one node. */
  readonly nodeMs: number
  /** Bytes verified between two looks at the clock. */
  readonly sliceBytes: number
}

export interface StorePlan {
  /** Numbers of the writes that fail, counted from the first one of the trial. */
  readonly failingWrites: ReadonlySet<number>
  /** Numbers of the writes after which the process dies. */
  readonly crashes: ReadonlySet<number>
  /** True: when a sync or the process has ended, loose pages are damaged. */
  readonly rots: boolean
  /** True: what was not written strictly may be lost in a crash. */
  readonly losesTail: boolean
  /** Of a page. Small ones make many writes of a small state. */
  readonly pageBytes: number
  /** At most so long a read and a write take. */
  readonly readMs: number
  readonly writeMs: number
  /** How long it takes until the process is back. */
  readonly downMs: number
}

export interface TrialPlan {
  readonly seed: number
  /** All peers are honest, and nothing goes wrong. */
  readonly isCalm: boolean
  readonly accounts: number
  readonly servers: readonly ServerPlan[]
  /** How often what dials cannot be loaded, in each process. */
  readonly loadFailures: number
  readonly events: readonly Event[]
  readonly beside: readonly Beside[]
  readonly besideComplete: readonly Beside[]
  readonly store: StorePlan
  readonly thread: ThreadPlan
}

/** A slow peer takes this long at most: longer than the timeout of a peer that was not measured. */
const SLOW_MS = 12_000

export function drawPlan(seed: number): TrialPlan {
  const random = seededRandom(seed)
  const isCalm = random() < 0.2
  const events = isCalm ? [] : eventsOf(random)
  return {
    seed,
    isCalm,
    accounts: accountsOf(random),
    servers: serversOf(random, isCalm),
    events,
    store: storeOf(random, isCalm),
    thread: { nodeMs: random.pick([0, 0.02, 0.2]), sliceBytes: logUniform(random, 500, 65_536) },
    beside: [...besideOf(random), ...readsBefore(events, random)],
    besideComplete: besideOf(random),
    loadFailures: isCalm || random() < 0.85 ? 0 : 1 + random.int(4),
  }
}

function accountsOf(random: Random): number {
  const size = random()
  if (size < 0.05) return 1 + random.int(4)
  if (size < 0.8) return 20 + random.int(200)
  return size < 0.995 ? 200 + random.int(400) : 1500 + random.int(1500)
}

function serversOf(random: Random, isCalm: boolean): ServerPlan[] {
  const count = 1 + random.int(8)
  // With small answers a state takes many requests.
  const maxResponseBytes = random() < 0.4 ? MAX_RESPONSE_BYTES : logUniform(random, 1_000, 40_000)
  const servers = Array.from({ length: count }, (_, i) => {
    // The first one makes sure that the trial can end.
    const vice = i === 0 || isCalm || random() < 0.4 ? 'honest' : random.pick([...TRUTHFUL_VICES, ...LYING_VICES])
    return serverOf(random, `${vice} ${i}`, vice, isCalm, maxResponseBytes)
  })
  // Who is asked first is chance, too.
  return servers
    .map((server) => ({ server, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ server }) => server)
}

function serverOf(random: Random, id: string, vice: Vice, isCalm: boolean, maxResponseBytes: number): ServerPlan {
  const isLate = !isCalm && random() < 0.2
  const boasts = !isCalm && !isLate && random() < 0.12
  return {
    id,
    vice,
    zeal: random.pick([0.1, 0.5, 1]),
    roundTripMs: logUniform(random, 5, 400),
    jitterMs: random() < 0.5 ? 0 : random.int(30),
    bytesPerMs: logUniform(random, 50, 20_000),
    serviceMs: vice === 'slow' ? SLOW_MS : random() < 0.5 ? 0 : random.int(40),
    comesAtMs: isLate ? random.int(20_000) : 0,
    maxResponseBytes: vice === 'capped' ? 2_000 : maxResponseBytes,
    boasts,
    learnsAfterMs: boasts || (isLate && random() < 0.5) ? random.int(8_000) : 0,
    cutsAtMs: isCalm ? [] : times(random, 0.25),
    pauses: isCalm ? [] : times(random, 0.15).map((atMs) => ({ atMs, ms: logUniform(random, 500, 10_000) })),
  }
}

function eventsOf(random: Random): Event[] {
  const pivots = times(random, 0.4).map((atMs): Event => ({ kind: 'pivot', atMs }))
  const returns = times(random, 0.2).map((atMs): Event => ({ kind: 'back', atMs }))
  const cancels = times(random, 0.25).map((atMs): Event => ({ kind: 'cancel', atMs, downMs: random.int(1000) }))
  const sleeps = times(random, 0.2).map((atMs): Event => ({ kind: 'sleep', atMs, ms: logUniform(random, 20, 60_000) }))
  const outages = times(random, 0.15).map(
    (atMs): Event => ({ kind: 'offline', atMs, ms: logUniform(random, 50, 20_000) }),
  )
  const hidings = times(random, 0.2).map((atMs): Event => ({ kind: 'hide', atMs }))
  return [...pivots, ...returns, ...cancels, ...sleeps, ...outages, ...hidings].sort((a, b) => a.atMs - b.atMs)
}

function besideOf(random: Random): Beside[] {
  const reads = times(random, 0.6).map((atMs): Beside => ({ kind: 'reads', atMs, count: 1 + random.int(6) }))
  // They come early: once all is there, nothing can go wrong between them and the sync.
  const guests = times(random, 0.4).map((atMs): Beside => ({ kind: 'guest', atMs: atMs / 4 }))
  const exports = times(random, 0.3).map((atMs): Beside => ({ kind: 'export', atMs }))
  return [...reads, ...guests, ...exports]
}

/** Reads that are under way when the machine falls asleep, or loses its network. */
function readsBefore(events: readonly Event[], random: Random): Beside[] {
  return events
    .filter(({ kind }) => kind === 'sleep' || kind === 'offline')
    .map(({ atMs }) => ({ kind: 'reads', atMs: Math.max(0, atMs - random.int(400)), count: 3 }))
}

function storeOf(random: Random, isCalm: boolean): StorePlan {
  const some = (chance: number) => {
    const writes = new Set<number>()
    while (!isCalm && random() < chance) writes.add(1 + random.int(12))
    return writes
  }
  return {
    crashes: some(0.3),
    failingWrites: some(0.2),
    losesTail: random() < 0.5,
    rots: random() < 0.5,
    pageBytes: random.pick([1_000, 8_000, MAX_PAGE_BYTES]),
    readMs: random.pick([1, 2, 20]),
    writeMs: random.pick([1, 20, 100]),
    downMs: 100 + random.int(2000),
  }
}

/** Moments early in a trial: none, or one more with each success. */
function times(random: Random, chance: number): number[] {
  const moments: number[] = []
  while (random() < chance) moments.push(Math.round(logUniform(random, 10, 8_000)))
  return moments
}

function logUniform(random: Random, least: number, most: number): number {
  return Math.round(least * (most / least) ** random())
}
