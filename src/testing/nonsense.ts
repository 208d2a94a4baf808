/** Values a caller may pass by mistake, tables of calls with such values, and the ways a call may end. */

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
type End =
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

/** The kinds of nonsense valid for an argument, by name. */
export type Fine = readonly string[]
/** For an argument with a default. */
export const OMITTED: Fine = ['nothing']
/** For an object without a required field. */
export const EMPTY: Fine = [
  ...['a promise', 'a module', 'an object', 'an object without a prototype', 'an object that holds itself'],
  'a signal that has aborted',
]
export const FUNCTIONS: Fine = ['a function', 'a function that throws']
export const TEXTS: Fine = ['an empty text', 'a text', 'a URL']
export const ABORTED: Fine = ['a signal that has aborted']

/** One call with a place for a nonsensical argument. All other arguments are right. */
export type Call = readonly [what: string, fine: Fine, call: (nonsense: never) => unknown]
/** Functions with their calls. A text gives the reason why no argument can be wrong. */
export type CallTable = Readonly<Record<string, readonly Call[] | string>>

/** Returns the names of the methods of a class, by its prototype, in order. */
export function namesOf(prototype: object): string[] {
  return Object.getOwnPropertyNames(prototype).sort()
}

/** Makes a call with each kind of nonsense. Returns the wrong ends: neither coded with a message, nor right for `fine`. */
export async function wrongEnds([, fine, call]: Call): Promise<string[]> {
  const wrong: string[] = []
  for (const [kind, make] of Object.entries(NONSENSE)) {
    const value = kind === 'a module' ? await make() : make()
    const end = await endOf(() => call(value as never))
    const isRight = end.kind === 'coded' ? end.message.length > 10 : fine.includes(kind) && isFineEnd(end)
    if (!isRight) wrong.push(`${kind}: ${JSON.stringify(end)}`)
  }
  return wrong
}

/** True for the end of an accepted call. An aborted call rejects with the signal's own reason. */
function isFineEnd(end: Exclude<End, { kind: 'coded' }>): boolean {
  return end.kind === 'resolved' || end.error.startsWith('AbortError')
}

/** Returns a proxy over `value` and over all plain objects and lists inside, as frameworks make them. */
export function reactive<T extends object>(value: T): T {
  return new Proxy(value, {
    get: (object, name) => {
      const field = Reflect.get(object, name)
      const isPlain = typeof field === 'object' && field !== null && /^(Object|Array)$/.test(field.constructor.name)
      return isPlain ? reactive(field) : field
    },
  })
}
