/** The plan of a trial: everything drawn from the seed before the trial starts. */
import { MAX_RESPONSE_BYTES } from '../../protocol/constants.ts'
import { MAX_PAGE_BYTES } from '../../sync/constants.ts'
import { type Random, seededRandom } from '../random.ts'
import type { LineQuality } from './link.ts'
import { LYING_VICES, TRUTHFUL_VICES, type Vice } from './vices.ts'

/** A peer and its line. Times are milliseconds of the trial. */
export interface ServerPlan extends LineQuality {
  readonly id: string
  readonly vice: Vice
  /** Share of answers bent by the vice, 0 to 1. */
  readonly zeal: number
  /** Maximum bytes of an answer, as announced in the Status. */
  readonly maxResponseBytes: number
  /** Time when the peer can first be reached. */
  readonly comesAtMs: number
  /** Delay between the naming of a target and the peer having this root. */
  readonly learnsAfterMs: number
  /** True if the peer announces a root at once, and answers with nothing until the root is there. */
  readonly boasts: boolean
  /** Times when the network loses the peer's connections, and pauses in which the network delivers nothing. */
  readonly cutsAtMs: readonly number[]
  readonly pauses: readonly { readonly atMs: number; readonly ms: number }[]
}

export type Event =
  /** A newer root replaces the target. */
  | { readonly kind: 'pivot'; readonly atMs: number }
  /** An earlier root replaces the target, after a reorganisation of the chain or a change of the application's mind. */
  | { readonly kind: 'back'; readonly atMs: number }
  /** The sync is cancelled, and started again after `downMs`. */
  | { readonly kind: 'cancel'; readonly atMs: number; readonly downMs: number }
  /** The machine sleeps, or the browser suspends the tab. */
  | { readonly kind: 'sleep'; readonly atMs: number; readonly ms: number }
  /** The machine loses the network for `ms`. */
  | { readonly kind: 'offline'; readonly atMs: number; readonly ms: number }
  /** The tab becomes hidden. */
  | { readonly kind: 'hide'; readonly atMs: number }

/** Activities beside the syncs. None of these is a fault. `atMs` may count from the moment a state is complete. */
export type Beside =
  /** The application starts `count` reads at once. */
  | { readonly kind: 'reads'; readonly atMs: number; readonly count: number }
  /** Another tab connects, and sends requests to ours. */
  | { readonly kind: 'guest'; readonly atMs: number }
  /** The application exports the last complete state. */
  | { readonly kind: 'export'; readonly atMs: number }

/** The properties of the tab's thread. */
export interface ThreadPlan {
  /** Time to hash one node. */
  readonly nodeMs: number
  /** Bytes verified between two readings of the clock. */
  readonly sliceBytes: number
}

export interface StorePlan {
  /** Numbers of the failing writes, counted from the first write of the trial. */
  readonly failingWrites: ReadonlySet<number>
  /** Numbers of the writes after which the process dies. */
  readonly crashes: ReadonlySet<number>
  /** True if loose pages are damaged when a sync or the process has ended. */
  readonly rots: boolean
  /** True if a crash may lose the writes after the last strict one. */
  readonly losesTail: boolean
  /** Maximum bytes of a page. Small pages make many writes of a small state. */
  readonly pageBytes: number
  /** Maximum duration of a read, and of a write. */
  readonly readMs: number
  readonly writeMs: number
  /** Time until the process is back after a crash. */
  readonly downMs: number
}

export interface TrialPlan {
  readonly seed: number
  /** True if all peers are honest and the plan contains no fault. */
  readonly isCalm: boolean
  readonly accounts: number
  readonly servers: readonly ServerPlan[]
  /** How many attempts to load the dialer fail, in each process. */
  readonly loadFailures: number
  readonly events: readonly Event[]
  readonly beside: readonly Beside[]
  readonly besideComplete: readonly Beside[]
  readonly store: StorePlan
  readonly thread: ThreadPlan
}

/** Longest delay of a slow peer: longer than the timeout of a peer without measurements. */
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
  // Small answers make a state take many requests.
  const maxResponseBytes = random() < 0.4 ? MAX_RESPONSE_BYTES : logUniform(random, 1_000, 40_000)
  const servers = Array.from({ length: count }, (_, i) => {
    // The first server is honest, so that the trial can end.
    const vice = i === 0 || isCalm || random() < 0.4 ? 'honest' : random.pick([...TRUTHFUL_VICES, ...LYING_VICES])
    return serverOf(random, `${vice} ${i}`, vice, isCalm, maxResponseBytes)
  })
  // The order of the servers is random, too: the tab asks them in this order.
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
  // Guests come early: once the state is complete, a guest and the sync can no longer disturb each other.
  const guests = times(random, 0.4).map((atMs): Beside => ({ kind: 'guest', atMs: atMs / 4 }))
  const exports = times(random, 0.3).map((atMs): Beside => ({ kind: 'export', atMs }))
  return [...reads, ...guests, ...exports]
}

/** Returns reads under way when the machine falls asleep, or loses the network. */
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

/** Returns random moments early in a trial: each further moment has the probability `chance`. */
function times(random: Random, chance: number): number[] {
  const moments: number[] = []
  while (random() < chance) moments.push(Math.round(logUniform(random, 10, 8_000)))
  return moments
}

function logUniform(random: Random, least: number, most: number): number {
  return Math.round(least * (most / least) ** random())
}
