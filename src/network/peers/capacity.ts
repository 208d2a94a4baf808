/**
 * The size of requests to a peer and the timeouts of their answers, from the measured throughput and the measured time
 * to answer.
 *
 * DIFF FROM GETH: bytes instead of items. The first measurement counts fully: starting from 2 items, with 0.1 of each
 * new one, it takes dozens of requests to reach the speed of a fast peer. Each peer has its own round trip instead of
 * the median of all, because a tab has only a handful of very different peers.
 */
import {
  MAX_REQUEST_BYTES,
  MAX_TIMEOUT_MS,
  MEASUREMENT_IMPACT,
  MIN_REQUEST_BYTES,
  MIN_TIMEOUT_MS,
  START_REQUEST_BYTES,
  TARGET_ROUND_TRIP_MS,
  TIMEOUT_ROUND_TRIPS,
} from '../constants.ts'
import { Patience } from './patience.ts'

/** Returns the throughput at which a request of `bytes` takes {@link TARGET_ROUND_TRIP_MS}. */
const throughputFor = (bytes: number) => bytes / TARGET_ROUND_TRIP_MS

/** The measured speed of one connection. */
export class Capacity {
  #bytesPerMs = throughputFor(START_REQUEST_BYTES)
  #roundTripMs: number | undefined
  readonly #patience: Patience

  constructor(patience = new Patience()) {
    this.#patience = patience
  }

  /** The measured throughput; 0 before the first measurement. */
  get bytesPerSecond(): number {
    return this.#roundTripMs === undefined ? 0 : this.#bytesPerMs * 1000
  }

  /** The time from a request to the end of its answer, in milliseconds; 0 before the first measurement. */
  get roundTripMs(): number {
    return this.#roundTripMs ?? 0
  }

  /** Takes a measurement: an answer of `bytes`, received `elapsedMs` after its request. */
  measure(bytes: number, elapsedMs: number): void {
    // A browser's coarse clock may show no time at all.
    const elapsed = Math.max(1, elapsedMs)
    const impact = this.#roundTripMs === undefined ? 1 : MEASUREMENT_IMPACT
    this.#bytesPerMs += impact * (bytes / elapsed - this.#bytesPerMs)
    this.#patience.learn(elapsed)
    this.#roundTripMs = (this.#roundTripMs ?? 0) + impact * (elapsed - (this.#roundTripMs ?? 0))
  }

  /** Halves the size of requests, after a timeout. */
  halve(): void {
    // Half of the last real size: a throughput far above the largest request would take many timeouts to matter.
    this.#bytesPerMs = throughputFor(this.requestBytes() / 2)
  }

  /** Returns the bytes to ask for, between {@link MIN_REQUEST_BYTES} and {@link MAX_REQUEST_BYTES}. */
  requestBytes(): number {
    return Math.round(clamp(this.#bytesPerMs * TARGET_ROUND_TRIP_MS, MIN_REQUEST_BYTES, MAX_REQUEST_BYTES))
  }

  /** Returns the timeout for an answer of `maxBytes`, in milliseconds. */
  timeoutMs(maxBytes: number): number {
    if (this.#roundTripMs === undefined) return this.#patience.timeoutMs
    const expected = TIMEOUT_ROUND_TRIPS * this.#roundTripMs + maxBytes / this.#bytesPerMs
    return Math.round(clamp(expected, MIN_TIMEOUT_MS, MAX_TIMEOUT_MS))
  }
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value))
}
