/** The provider held by an application. The code answering requests is loaded by the first request. */
import { LazyPart, type LoadError } from '../../runtime/lazy-part.ts'
import { badArgument } from '../plain.ts'
import type { Answerer } from './answerer.ts'
import type { ProviderContext } from './context.ts'
import { type Listener, listen } from './listen.ts'
import { loadFailed } from './rpc-error.ts'
import type { Eip1193Provider, RequestArguments } from './types.ts'

const ANSWERER = new LazyPart('the provider', () => import('./answerer.ts'))

/** Events of a fallback passed on to the application. Chain events are not: a provider's chain never changes. */
const RELAYED: ReadonlySet<string> = new Set(['accountsChanged', 'message'])

/**
 * Creates a provider at once, without loading anything. `request` rejects with `ProviderRpcError`, or with the
 * fallback's own error if that one has a code.
 */
export function createProvider(context: ProviderContext): Eip1193Provider {
  return new LazyProvider(context)
}

class LazyProvider implements Eip1193Provider {
  readonly #context: ProviderContext
  readonly #listeners = new Map<string, Set<Listener>>()
  /** The fallback's events with a listener of ours. */
  readonly #heard = new Set<string>()
  #answerer: Promise<Answerer> | null = null
  #hasConnected = false

  constructor(context: ProviderContext) {
    this.#context = context
  }

  // `async` matters: web3.js recognizes providers of EIP-1193 by an async `request`.
  async request(args: RequestArguments): Promise<unknown> {
    const answerer = await this.#load()
    if (!this.#hasConnected) {
      this.#hasConnected = true
      this.#tell('connect', { chainId: `0x${this.#context.chainId.toString(16)}` })
    }
    return answerer.answer(args)
  }

  on(event: string, listener: Listener): this {
    if (typeof listener !== 'function') throw badArgument('a listener', 'a function', listener)
    this.#listeners.set(event, (this.#listeners.get(event) ?? new Set()).add(listener))
    this.#hear(event)
    return this
  }

  removeListener(event: string, listener: Listener): this {
    this.#listeners.get(event)?.delete(listener)
    return this
  }

  #load(): Promise<Answerer> {
    this.#answerer ??= ANSWERER.load().then(
      ({ Answerer }) => new Answerer(this.#context),
      (error) => {
        this.#answerer = null // the next request tries again
        throw loadFailed(error as LoadError)
      },
    )
    return this.#answerer
  }

  /** Begins to pass on an event of the fallback. */
  #hear(event: string): void {
    const { fallback } = this.#context
    if (fallback === undefined || !RELAYED.has(event) || this.#heard.has(event)) return
    this.#heard.add(event)
    listen(fallback, event, (detail) => {
      this.#load().then(
        (answerer) => {
          const relayed = answerer.relay(event, detail)
          if (relayed !== null) this.#tell(event, relayed)
        },
        () => {}, // an event is dropped if its judge cannot be loaded; requests report the failure
      )
    })
  }

  #tell(event: string, detail: unknown): void {
    for (const listener of this.#listeners.get(event) ?? []) queueMicrotask(() => this.#call(event, listener, detail))
  }

  /**
   * Calls a listener on its own: a throwing listener must not break a request or keep an event from other listeners.
   */
  async #call(event: string, listener: Listener, detail: unknown): Promise<void> {
    if (this.#listeners.get(event)?.has(listener) !== true) return // removed meanwhile
    try {
      await listener(detail as never)
    } catch (error) {
      console.error(`a listener for "${event}" threw`, error)
    }
  }
}
