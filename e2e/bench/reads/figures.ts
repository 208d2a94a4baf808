/** The figures of reads: the first one on an empty database, a scope, and reads from disk. */
import { median, round } from '../statistics.ts'

/** The target for the first read. */
export const TARGET_MS = 600

/** Reads of one kind, in milliseconds. */
export interface Latency {
  readonly count: number
  readonly p50Ms: number
  readonly p99Ms: number
}

export interface ReadsSummary {
  readonly summary: true
  readonly accounts: number
  readonly roundTripMs: number
  /** From the peer's connection to the first verified account, with an empty database: median, and the slowest. */
  readonly firstReadMs: number
  readonly firstReadWorstMs: number
  /** The same from the call of `createLightClient`. */
  readonly firstReadFromCallMs: number
  readonly targetMs: number
  readonly isMet: boolean
  readonly scope: ScopeFigures
  /** Reads of a complete state: in a new browser, each account once; and the same few accounts again and again. */
  readonly cold: Latency
  readonly warm: Latency
}

/** A sync of 20 accounts and two contracts with all of their storage; medians. */
export interface ScopeFigures {
  readonly ms: number
  readonly connectedMs: number
  readonly wireBytes: number
  readonly requests: number
  /** Bytes of the whole state. */
  readonly wholeBytes: number
  readonly wholeRequests: number
}

export function latencyOf(times: readonly number[]): Latency {
  const sorted = [...times].sort((a, b) => a - b)
  const at = (share: number) => round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0, 2)
  return { count: times.length, p50Ms: at(0.5), p99Ms: at(0.99) }
}

/** Returns the median of each figure. */
export function middleOf<K extends string>(runs: readonly Readonly<Record<K, number>>[], keys: readonly K[]) {
  return Object.fromEntries(keys.map((key) => [key, median(runs.map((run) => run[key])) ?? 0])) as Record<K, number>
}

export function readsTable({ roundTripMs, scope, cold, warm, ...first }: ReadsSummary): string {
  const { firstReadMs, firstReadWorstMs, firstReadFromCallMs, targetMs, isMet } = first
  return [
    '',
    `first read, ${roundTripMs} ms a round trip: ${firstReadMs} ms from the connection (worst ${firstReadWorstMs}, from the call ${firstReadFromCallMs}); under ${targetMs}: ${isMet ? 'yes' : 'no'}`,
    `scope of 20 accounts and 2 contracts: ${scope.ms} ms (${scope.connectedMs} from the first peer on), ${scope.wireBytes} bytes in ${scope.requests} requests; everything: ${scope.wholeBytes} bytes in ${scope.wholeRequests}`,
    `reads from disk, p50 and p99: cold ${cold.p50Ms} and ${cold.p99Ms} ms (${cold.count}), warm ${warm.p50Ms} and ${warm.p99Ms} ms (${warm.count})`,
    '',
  ].join('\n')
}
