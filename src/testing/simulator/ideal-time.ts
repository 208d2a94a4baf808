/**
 * How long a trial would take if nothing were ever done in vain: what its ratio is measured against. The state's bytes at
 * the bandwidth of the best honest peer, one round trip for each level of the trie, and a bounded cost for each fault.
 */
import { START_TIMEOUT_MS } from '../../network/constants.ts'
import { MAX_REQUESTS_PER_PEER, RETRY_EMPTY_MS } from '../../sync/constants.ts'
import type { ServerPlan, TrialPlan } from './plan.ts'
import type { SimulatedState } from './states.ts'
import { isLying } from './vices.ts'

/** What really happened, beside the syncs themselves. */
export interface Happened {
  /** States that were synced, or begun. */
  readonly targets: readonly SimulatedState[]
  /** How often a sync was started: each begins with the disk, and a new process with its connections. */
  readonly starts: number
  /** Time in which the network of some honest peer delivered nothing. */
  readonly pausedMs: number
  /** Time in which nothing could be done: see `stopwatch.ts`. */
  readonly waitedMs: number
}

/** What the syncs take by themselves, and what the faults add, in milliseconds. */
export interface IdealTime {
  readonly bareMs: number
  readonly faultsMs: number
}

/** The time of a trial in which this has happened. */
export function idealTime(plan: TrialPlan, happened: Happened): IdealTime {
  const honest = plan.servers.filter(({ vice }) => vice === 'honest')
  const roundTripMs = Math.min(...honest.map((server) => server.roundTripMs))
  // Dial, Status, and the disk, which answers within a few writes.
  let bareMs = happened.starts * (3 * roundTripMs + 4 * plan.store.writeMs)
  for (const state of happened.targets) bareMs += Math.min(...honest.map((server) => transferMs(server, state)))
  const vicesMs = plan.servers.reduce((sum, server) => sum + viceMs(server), 0)
  return { bareMs, faultsMs: vicesMs + happened.pausedMs + happened.waitedMs }
}

function transferMs(server: ServerPlan, { bytes, depth }: SimulatedState): number {
  const { bytesPerMs, roundTripMs, maxResponseBytes } = server
  // A server that gives little at a time is no faster than what it lets be in flight.
  const mostPerMs = (MAX_REQUESTS_PER_PEER * maxResponseBytes) / roundTripMs
  return bytes / Math.min(bytesPerMs, mostPerMs) + depth * roundTripMs
}

/** What a peer of this vice may cost once: the wait until its silence, or its emptiness, is known for what it is. */
function viceMs({ vice, boasts, roundTripMs }: ServerPlan): number {
  if (boasts) return RETRY_EMPTY_MS
  if (vice === 'honest' || vice === 'staleRoot') return 0
  if (vice === 'silent' || vice === 'slow') return START_TIMEOUT_MS
  if (vice === 'empty' || vice === 'halved') return RETRY_EMPTY_MS
  return isLying(vice) ? roundTripMs : 2 * roundTripMs
}
