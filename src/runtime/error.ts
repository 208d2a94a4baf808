/**
 * The one base class of every error thrown by Rootlight on purpose. The class is at the bottom of the import table:
 * each folder declares its own union of codes and shares the shape.
 */

/** The data of an error beside its code: plain, so the details survive the worker port. */
export type ErrorDetails = { readonly [name: string]: ErrorDetail }

/** One value of the details. */
export type ErrorDetail = string | number | boolean | null | readonly ErrorDetail[] | ErrorDetails

/** An error with a stable `code` and, where it helps, the offending values (`got`, `expected`) in `details`. */
export class RootlightError<Code extends string = string> extends Error {
  override readonly name: string = 'RootlightError'
  readonly code: Code
  readonly details: ErrorDetails

  constructor(code: Code, message: string, options: { details?: ErrorDetails; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.details = options.details ?? {}
  }
}

/**
 * True if `error` is a {@link RootlightError}, with this code if given. Never throws: a thrown value may be anything.
 */
export function isRootlightError<Code extends string>(error: unknown, code?: Code): error is RootlightError<Code> {
  try {
    return error instanceof RootlightError && (code === undefined || error.code === code)
  } catch {
    return false // a proxy may throw on any access
  }
}
