/** Sums up many trials in a few numbers. */
import type { TrialResult } from './trial.ts'

/** The last output of `main.ts`. */
export interface Summary {
  readonly trials: number
  readonly failures: readonly number[]
  readonly trialsPerSecond: number
  readonly steps: number
  /** Virtual time divided by the ideal time: of all trials, and of the trials without faults. */
  readonly ratio: Percentiles
  readonly calmRatio: Percentiles
  /** Of all trials, without any allowance for faults. */
  readonly bareRatio: Percentiles
  readonly elapsedMs: Percentiles
  /** The ten seeds with the largest ratios, the largest first. */
  readonly slowestSeeds: readonly number[]
  readonly tally: Readonly<Record<string, number>>
}

interface Percentiles {
  readonly median: number
  readonly p90: number
  readonly p99: number
  readonly max: number
}

export class Report {
  readonly failures: number[] = []
  readonly #results: TrialResult[] = []
  readonly #startedAt = performance.now()

  add(result: TrialResult): void {
    this.#results.push(result)
  }

  addFailure(seed: number): void {
    this.failures.push(seed)
  }

  trialsPerSecond(): number {
    const trials = this.#results.length + this.failures.length
    return trials / Math.max(0.001, (performance.now() - this.#startedAt) / 1000)
  }

  summary(): Summary {
    const results = this.#results
    const tally: Record<string, number> = {}
    for (const result of results) {
      for (const [what, count] of Object.entries(result.tally)) tally[what] = (tally[what] ?? 0) + count
    }
    return {
      trials: results.length + this.failures.length,
      failures: this.failures,
      trialsPerSecond: rounded(this.trialsPerSecond()),
      steps: results.reduce((sum, { steps }) => sum + steps, 0),
      ratio: percentiles(results.map(({ ratio }) => ratio)),
      calmRatio: percentiles(results.filter(({ isCalm }) => isCalm).map(({ ratio }) => ratio)),
      bareRatio: percentiles(results.map(({ bareRatio }) => bareRatio)),
      elapsedMs: percentiles(results.map(({ elapsedMs }) => elapsedMs)),
      slowestSeeds: results
        .toSorted((a, b) => b.ratio - a.ratio)
        .slice(0, 10)
        .map(({ seed }) => seed),
      tally: Object.fromEntries(Object.entries(tally).sort()),
    }
  }
}

/** Returns the median and other percentiles of `values`; zeros if there are no values. */
function percentiles(values: readonly number[]): Percentiles {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => rounded(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0)
  return { median: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) }
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}
