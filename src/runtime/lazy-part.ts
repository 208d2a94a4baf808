/**
 * A part of the program that is loaded when it is first wanted, by an `import()`. Every such import goes through here: a load
 * that failed is forgotten, so that the next one tries again; it is a coded error; and the developer reads of it on the console,
 * once. Whether to try again without being asked is up to `keep-trying.ts`, or to whoever dials again anyway.
 */
import { type Clock, systemClock } from './clock.ts'
import { LOAD_TIMEOUT_MS } from './constants.ts'
import { startDeadline } from './deadline.ts'
import { isRootlightError, RootlightError } from './error.ts'

/**
 * `loadFailed`: a part of the program could not be loaded. `details.part` names it, `details.message` is what the browser says,
 * and `cause` is its error.
 */
export class LoadError extends RootlightError<'loadFailed'> {}

/** `error` as a {@link LoadError} of the part with this name, unless it is one already. */
export function toLoadError(part: string, error: unknown): LoadError {
  if (error instanceof LoadError) return error
  const message = error instanceof Error ? error.message : String(error)
  // One that has crossed a port.
  if (isRootlightError(error, 'loadFailed')) return new LoadError('loadFailed', message, error)
  const details = { part, message }
  return new LoadError('loadFailed', `${part} could not be loaded: ${message}`, { details, cause: error })
}

/** What browsers say of a module that they could not fetch, before its URL; Safari does not name it. */
const FETCH_FAILED = /(?:Failed to fetch|error loading) dynamically imported module: (\S+)/

/** One for each part and thread. Nothing is loaded before {@link LazyPart.load}. */
export class LazyPart<T> {
  readonly name: string
  readonly #import: () => Promise<T>
  readonly #clock: Clock
  /** The import that has not failed: it may still be under way when an attempt has been given up. */
  #importing: Promise<T> | null = null
  #attempt: Promise<T> | null = null
  #failures = 0

  /** `name` is for the developer; `importPart` is one `import()`, or makes something of other parts. */
  constructor(name: string, importPart: () => Promise<T>, clock: Clock = systemClock) {
    this.name = name
    this.#import = importPart
    this.#clock = clock
  }

  /** Loads the part, once; callers at the same time share an attempt. Rejects with {@link LoadError}, in bounded time. */
  load(): Promise<T> {
    this.#attempt ??= this.#try()
    return this.#attempt
  }

  async #try(): Promise<T> {
    let stop = () => {}
    const late = new Promise<never>((_, reject) => {
      const seconds = LOAD_TIMEOUT_MS / 1000
      const giveUp = () => reject(new Error(`nothing has come for ${seconds} seconds`))
      stop = startDeadline(this.#clock, LOAD_TIMEOUT_MS, giveUp)
    })
    try {
      this.#importing ??= this.#importPart()
      return await Promise.race([this.#importing, late])
    } catch (cause) {
      this.#attempt = null
      const error = toLoadError(this.name, cause)
      // A part of a part has told of itself.
      if (this.#failures++ === 0 && cause !== error) console.error(`rootlight: ${error.message}`)
      throw error
    } finally {
      stop()
    }
  }

  async #importPart(): Promise<T> {
    try {
      return await this.#import().catch((error) => this.#importAgain(error))
    } catch (error) {
      this.#importing = null
      throw error
    }
  }

  /**
   * Browsers from before 2026 remember a failed fetch for as long as the page lives, and import the same URL never again
   * (whatwg/html pull request 10327). With another fragment it is another module to them, and the same request.
   */
  #importAgain(error: unknown): Promise<T> {
    // The module of a part of this part is not what this part is.
    const isImport = error instanceof Error && !(error instanceof LoadError)
    const url = isImport ? FETCH_FAILED.exec(error.message)?.[1] : undefined
    if (url === undefined || this.#failures === 0) throw error
    return import(/* @vite-ignore */ /* webpackIgnore: true */ `${url}#attempt-${this.#failures}`)
  }
}
