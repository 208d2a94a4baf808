/** The provider that an application holds: nothing of what answers is loaded before the first request. */
import { LazyPart, type LoadError } from '../../runtime/lazy-part.ts'
import { badArgument } from '../plain.ts'
import type { Answerer } from './answerer.ts'
import { type Listener, listen } from './listen.ts'
import type { ProviderContext } from './methods.ts'
import { loadFailed } from './rpc-error.ts'
import type { Eip1193Provider, RequestArguments } from './types.ts'

const ANSWERER = new LazyPart('the provider', () => import('./answerer.ts'))

/** What a fallback may tell the application: its chain is ours, or it is not heard. */
const RELAYED: ReadonlySet<string> = new Set(['accountsChanged', 'message'])

/** Returns at once. `request` rejects with `ProviderRpcError`, or with what the fallback rejects with if it has a code. */
export function createProvider(context: ProviderContext): Eip1193Provider {
  return new LazyProvider(context)
}

class LazyProvider implements Eip1193Provider {
  readonly #context: ProviderContext
  readonly #listeners = new Map<string, Set<Listener>>()
  /** Events of the fallback that are heard. */
  readonly #heard = new Set<string>()
  #answerer: Promise<Answerer> | null = null
  #hasConnected = false

  constructor(context: ProviderContext) {
    this.#context = context
  }

  // `async`, also because web3.js tells providers of EIP-1193 by that.
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

  /** Begins to pass on what the fallback tells. */
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
        () => {}, // what cannot be judged is not passed on; requests say why
      )
    })
  }

  #tell(event: string, detail: unknown): void {
    for (const listener of this.#listeners.get(event) ?? []) queueMicrotask(() => this.#call(event, listener, detail))
  }

  /** Apart from what it is told of: a listener that throws is no reason to refuse a request, or to tell no one else. */
  async #call(event: string, listener: Listener, detail: unknown): Promise<void> {
    if (this.#listeners.get(event)?.has(listener) !== true) return // it was removed meanwhile
    try {
      await listener(detail as never)
    } catch (error) {
      console.error(`a listener for "${event}" threw`, error)
    }
  }
}
