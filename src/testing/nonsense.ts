/** Values a caller may pass by mistake, and the ways a call may end. */

/** Makers of wrong values: each one stands for a different mistake of the caller. Every call makes a new value. */
export const NONSENSE: Readonly<Record<string, () => unknown>> = {
  nothing: () => undefined,
  null: () => null,
  'an empty text': () => '',
  'a text': () => 'nonsense',
  'a URL': () => 'https://rpc.example',
  'a number': () => 1.5,
  NaN: () => Number.NaN,
  '-1': () => -1,
  '2^53': () => 2 ** 53,
  'a bigint': () => -1n,
  'a symbol': () => Symbol('nonsense'),
  true: () => true,
  'a function': () => () => {},
  'a function that throws': () => () => {
    throw null
  },
  'a list': () => [Symbol('nonsense')],
  'a list of nothing': () => [undefined],
  'a set': () => new Set(['0x']),
  'a map': () => new Map([['root', '0x']]),
  'a promise': () => Promise.resolve({}),
  'a module': () => import('./random.ts').then((module) => module),
  'an object': () => ({ nonsense: true }),
  'an object without a prototype': () => Object.create(null),
  'an object that holds itself': () => {
    const object: Record<string, unknown> = {}
    object['self'] = object
    return object
  },
  'an object whose fields throw': () =>
    new Proxy(
      {},
      {
        get: () => {
          throw new Error('nonsense')
        },
      },
    ),
  'a proxy that was revoked': () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    return proxy
  },
  'a signal that has aborted': () => AbortSignal.abort(),
}

/** The end of a call. A refusal is either coded, with `code` and `message`, or some other error. */
export type End =
  | { readonly kind: 'resolved' }
  | { readonly kind: 'coded'; readonly code: string | number; readonly message: string }
  | { readonly kind: 'uncoded'; readonly error: string }

/** Runs a call to the end, whether the call throws, rejects or resolves. */
export async function endOf(call: () => unknown): Promise<End> {
  try {
    await call()
    return { kind: 'resolved' }
  } catch (error) {
    const { code, message, name } = Object(error) as { code?: string | number; message?: string; name?: string }
    const isCoded = name === 'RootlightError' || name === 'ProviderRpcError'
    if (isCoded && code !== undefined && message !== undefined) return { kind: 'coded', code, message }
    return { kind: 'uncoded', error: String(error) }
  }
}
