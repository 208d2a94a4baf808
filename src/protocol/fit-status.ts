/** What of a Status one message carries: receivers hold us to the limits that we check when we receive. */
import { MAX_STATUS_ROOTS, MAX_STATUS_SPANS } from './constants.ts'
import type { RootStatus, Status } from './messages.ts'

/** `status` with its newest roots, and of their spans the first: what does not fit is not said, and served all the same. */
export function fitStatus(status: Status): Status {
  let spans = 0
  const roots = status.roots.slice(0, MAX_STATUS_ROOTS).map((root): RootStatus => {
    const coverage = root.coverage.slice(0, MAX_STATUS_SPANS - spans)
    spans += coverage.length
    return coverage.length === root.coverage.length ? root : { ...root, coverage }
  })
  return { ...status, roots }
}
