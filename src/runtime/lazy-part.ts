/**
 * A part of the program that is loaded when it is first wanted, by an `import()`. Every such import goes through here: a load
 * that failed is forgotten, so that the next one tries again; it is a coded error; and the developer reads of it on the console,
 * once. Whether to try again without being asked is up to `keep-trying.ts`.
 */
import { RootlightError } from './error.ts'

/** `loadFailed`: a part of the program could not be loaded. `details.part` names it, `details.message` is the browser's. */
export class LoadError extends RootlightError<'loadFailed'> {}

/** What browsers say of a module that they could not fetch, before its URL; Safari does not name it. */
const FETCH_FAILED = /(?:Failed to fetch|error loading) dynamically imported module: (\S+)/

/** One for each part and thread. Nothing is loaded before {@link LazyPart.load}. */
export class LazyPart<T> {
  readonly name: string
  readonly #import: () => Promise<T>
  #loading: Promise<T> | null = null
  #failures = 0

  /** `name` is for the developer; `importPart` is one `import()`. */
  constructor(name: string, importPart: () => Promise<T>) {
    this.name = name
    this.#import = importPart
  }

  /** Loads the part, once; callers at the same time share an attempt. Rejects with {@link LoadError}. */
  load(): Promise<T> {
    this.#loading ??= this.#attempt()
    return this.#loading
  }

  async #attempt(): Promise<T> {
    try {
      return await this.#import().catch((error) => this.#importAgain(error))
    } catch (cause) {
      this.#loading = null
      const message = cause instanceof Error ? cause.message : String(cause)
      const details = { part: this.name, message }
      const error = new LoadError('loadFailed', `${this.name} could not be loaded: ${message}`, { details, cause })
      if (this.#failures++ === 0) console.error(`rootlight: ${error.message}`)
      throw error
    }
  }

  /**
   * Browsers from before 2026 remember a failed fetch for as long as the page lives, and import the same URL never again
   * (whatwg/html pull request 10327). With another fragment it is another module to them, and the same request.
   */
  #importAgain(error: unknown): Promise<T> {
    const url = error instanceof Error ? FETCH_FAILED.exec(error.message)?.[1] : undefined
    if (url === undefined || this.#failures === 0) throw error
    return import(/* @vite-ignore */ /* webpackIgnore: true */ `${url}#attempt-${this.#failures}`)
  }
}
