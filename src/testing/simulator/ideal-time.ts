/**
 * The shortest possible time of a trial, the denominator of the trial's ratio. Consists of the state's bytes at the
 * bandwidth of the best honest peer, one round trip for each trie level, and a bounded cost for each fault.
 */
import { START_TIMEOUT_MS } from '../../network/constants.ts'
import { MAX_REQUESTS_PER_PEER, RETRY_EMPTY_MS } from '../../sync/constants.ts'
import type { ServerPlan, TrialPlan } from './plan.ts'
import type { SimulatedState } from './states.ts'
import { isLying } from './vices.ts'

/** Events of the trial, apart from the syncs themselves. */
export interface Happened {
  /** States of all finished or started syncs. */
  readonly targets: readonly SimulatedState[]
  /** Number of started syncs. Each sync begins with reading the disk, and a new process also with dialing. */
  readonly starts: number
  /** Time without deliveries over the network of some honest peer. */
  readonly pausedMs: number
  /** Time in which no progress was possible: see `stopwatch.ts`. */
  readonly waitedMs: number
}

/** Duration of the syncs by themselves, and the part added by faults, in milliseconds. */
export interface IdealTime {
  readonly bareMs: number
  readonly faultsMs: number
}

/** Returns the ideal time of a trial with these events. */
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
  // A server with small answers is no faster than its limit of requests in flight allows.
  const mostPerMs = (MAX_REQUESTS_PER_PEER * maxResponseBytes) / roundTripMs
  return bytes / Math.min(bytesPerMs, mostPerMs) + depth * roundTripMs
}

/**
 * Returns the cost a peer of this vice may cause once: the wait until the tab notices the silence or the missing data.
 */
function viceMs({ vice, boasts, roundTripMs }: ServerPlan): number {
  if (boasts) return RETRY_EMPTY_MS
  if (vice === 'honest' || vice === 'staleRoot') return 0
  if (vice === 'silent' || vice === 'slow') return START_TIMEOUT_MS
  if (vice === 'empty' || vice === 'halved') return RETRY_EMPTY_MS
  return isLying(vice) ? roundTripMs : 2 * roundTripMs
}
