/** The side of a port that sends errors; `errors.ts` has the one that receives them. */
import { RootlightError } from '../runtime/error.ts'
import type { PlainError } from './errors.ts'

/** Causes of causes: enough to tell what happened, and an end for those that go in circles. */
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
