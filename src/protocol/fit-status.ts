/** Cuts a Status down to one message, because receivers enforce the same limits as our decoder. */
import { MAX_STATUS_ROOTS, MAX_STATUS_SPANS } from './constants.ts'
import type { RootStatus, Status } from './messages.ts'

/** Returns `status` with the newest roots and the first spans of all roots. States left out are still served. */
export function fitStatus(status: Status): Status {
  let spans = 0
  const roots = status.roots.slice(0, MAX_STATUS_ROOTS).map((root): RootStatus => {
    const coverage = root.coverage.slice(0, MAX_STATUS_SPANS - spans)
    spans += coverage.length
    return coverage.length === root.coverage.length ? root : { ...root, coverage }
  })
  return { ...status, roots }
}
