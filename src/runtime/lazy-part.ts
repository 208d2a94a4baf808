/**
 * A part of the program loaded on first use, by an `import()`. All such imports use this file. After a failed load, the
 * next call tries again. A failure is a coded error, and the console tells the developer once. `keep-trying.ts` repeats
 * attempts automatically, for callers with no reason of their own to try again.
 */
import { type Clock, systemClock } from './clock.ts'
import { LOAD_TIMEOUT_MS } from './constants.ts'
import { startDeadline } from './deadline.ts'
import { isRootlightError, RootlightError } from './error.ts'

/**
 * `loadFailed`: a part of the program could not be loaded. `details.part` names the part, `details.message` is the
 * browser's message, and `cause` is the browser's error.
 */
export class LoadError extends RootlightError<'loadFailed'> {}

/** Returns `error` as a {@link LoadError} of the part with this name. A {@link LoadError} stays as is. */
export function toLoadError(part: string, error: unknown): LoadError {
  if (error instanceof LoadError) return error
  const message = error instanceof Error ? error.message : String(error)
  // A load error that has crossed a port.
  if (isRootlightError(error, 'loadFailed')) return new LoadError('loadFailed', message, error)
  const details = { part, message }
  return new LoadError('loadFailed', `${part} could not be loaded: ${message}`, { details, cause: error })
}

/** Messages of browsers for a module that could not be fetched, up to the URL. Safari's message has no URL. */
const FETCH_FAILED = /(?:Failed to fetch|error loading) dynamically imported module: (\S+)/

/** One part on one thread. Nothing is loaded before {@link LazyPart.load}. */
export class LazyPart<T> {
  readonly name: string
  readonly #import: () => Promise<T>
  readonly #clock: Clock
  /** The import, unless failed: still running, perhaps, after an attempt was given up. */
  #importing: Promise<T> | null = null
  #attempt: Promise<T> | null = null
  #failures = 0

  /** `name` is for the developer. `importPart` is one `import()`, or builds the part from other parts. */
  constructor(name: string, importPart: () => Promise<T>, clock: Clock = systemClock) {
    this.name = name
    this.#import = importPart
    this.#clock = clock
  }

  /** Loads the part, once; concurrent callers share an attempt. Rejects with {@link LoadError}, in bounded time. */
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
      // An inner part has reported its own error already.
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
   * Imports a module again, under another URL. Browsers from before 2026 remember a failed fetch as long as the page
   * lives, and never import the same URL again (whatwg/html pull request 10327). A different fragment makes a different
   * module, but the same request.
   */
  #importAgain(error: unknown): Promise<T> {
    // The module of an inner part is not the module of this part.
    const isImport = error instanceof Error && !(error instanceof LoadError)
    const url = isImport ? FETCH_FAILED.exec(error.message)?.[1] : undefined
    if (url === undefined || this.#failures === 0) throw error
    return import(/* @vite-ignore */ /* webpackIgnore: true */ `${url}#attempt-${this.#failures}`)
  }
}
