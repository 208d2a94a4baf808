/** What a tab says about itself: what it has of each root, as far as a Status can carry that. */
import { MAX_STATUS_ROOTS, MAX_STATUS_SPANS } from '../../protocol/constants.ts'
import { type RootStatus, type Status, statusOf } from '../../protocol/messages.ts'
import type { RootCoverage } from '../../store/walks/coverage.ts'

/** The Status for `covered`, the newest root first. What does not fit is left out: it is served all the same. */
export function servedStatus(chainId: number, covered: readonly RootCoverage[]): Status {
  const roots: RootStatus[] = []
  let spans = 0
  for (const { root, blockNumber, stretches } of covered.slice(0, MAX_STATUS_ROOTS)) {
    const coverage = stretches.slice(0, MAX_STATUS_SPANS - spans)
    if (coverage.length === 0) break
    spans += coverage.length
    roots.push({ root, blockNumber: blockNumber ?? 0, coverage })
  }
  return statusOf(chainId, roots)
}
