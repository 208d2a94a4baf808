/** The Status of a tab: its coverage of each root, as far as a Status has room. */
import { MAX_STATUS_ROOTS, MAX_STATUS_SPANS } from '../../protocol/constants.ts'
import { type RootStatus, type Status, statusOf } from '../../protocol/messages.ts'
import type { RootCoverage } from '../../store/walks/coverage.ts'

/**
 * Returns the Status for `covered`, the newest root first. Coverage beyond the limits is left out, and is served all
 * the same.
 */
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
