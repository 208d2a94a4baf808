/** The sending side of errors across a port; `errors.ts` has the receiving side. */
import { RootlightError } from '../runtime/error.ts'
import type { PlainError } from './errors.ts'

/** Depth of causes sent: enough to tell the story, and an end for circles. */
const MAX_CAUSES = 4

export function toPlainError(error: unknown, depth = 0): PlainError {
  const hasCause = error instanceof Error && error.cause !== undefined && depth < MAX_CAUSES
  return {
    code: error instanceof RootlightError ? error.code : null,
    message: error instanceof Error ? error.message : String(error),
    details: error instanceof RootlightError ? error.details : {},
    cause: hasCause ? toPlainError(error.cause, depth + 1) : null,
  }
}
