/** The base class of all errors lives in `src/runtime`; the folders above import it from here. */
export { type ErrorDetails, isRootlightError, RootlightError } from '../runtime/error.ts'
