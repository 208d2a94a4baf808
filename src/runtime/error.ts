/**
 * The one base class of every error that Rootlight throws on purpose. It lives at the bottom of the import table so that
 * each folder can declare its own union of codes and share the shape.
 */

/** What an error carries beside its code: plain data, so that it survives the worker port. */
export type ErrorDetails = { readonly [name: string]: ErrorDetail }

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

/** True if `error` is a {@link RootlightError}, with that code if one is given. Whatever `error` is: anything may be thrown. */
export function isRootlightError<Code extends string>(error: unknown, code?: Code): error is RootlightError<Code> {
  try {
    return error instanceof RootlightError && (code === undefined || error.code === code)
  } catch {
    return false // a proxy that says nothing of itself
  }
}
