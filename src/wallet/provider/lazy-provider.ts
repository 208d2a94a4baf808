/** The provider that an application holds: nothing of what answers is loaded before the first request. */
import type { MethodContext } from './methods.ts'
import type { Eip1193Provider, RequestArguments } from './types.ts'

type Listener = (...args: never[]) => void

/** Returns at once. `request` rejects with `ProviderRpcError`, or with whatever the fallback rejects with. */
export function createProvider(context: MethodContext): Eip1193Provider {
  return new LazyProvider(context)
}

class LazyProvider implements Eip1193Provider {
  readonly #context: MethodContext
  readonly #listeners = new Map<string, Set<Listener>>()
  #hasConnected = false

  constructor(context: MethodContext) {
    this.#context = context
  }

  async request(args: RequestArguments): Promise<unknown> {
    const { handleRequest } = await import('./handle-request.ts')
    if (!this.#hasConnected) {
      this.#hasConnected = true
      this.#tell('connect', { chainId: `0x${this.#context.chainId.toString(16)}` })
    }
    return handleRequest(this.#context, args)
  }

  on(event: string, listener: Listener): this {
    this.#listeners.set(event, (this.#listeners.get(event) ?? new Set()).add(listener))
    return this
  }

  removeListener(event: string, listener: Listener): this {
    this.#listeners.get(event)?.delete(listener)
    return this
  }

  #tell(event: string, detail: unknown): void {
    // Apart from the request: a listener that throws is no reason to refuse it.
    for (const listener of this.#listeners.get(event) ?? []) queueMicrotask(() => listener(detail as never))
  }
}
