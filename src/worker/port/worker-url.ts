/** The URL of a worker's script, for messages: neither a `Worker` nor most of its error events have the URL. */

/**
 * Calls `create` and notes the URL of the last `Worker` constructed; `null` if none was, or if the construction cannot
 * be seen. During the synchronous `create`, the global `Worker` is a wrapper.
 */
export function notingUrl<T>(create: () => T): { readonly created: T; readonly url: string | null } {
  const scope = globalThis as { Worker?: typeof Worker }
  const { Worker: original } = scope
  let url: string | null = null
  if (original === undefined) return { created: create(), url }
  const noting: typeof Worker = new Proxy(original, {
    construct(target, args: [string | URL], newTarget) {
      url = absolute(args[0])
      return Reflect.construct(target, args, newTarget === noting ? target : newTarget)
    },
  })
  const isNoting = Reflect.set(scope, 'Worker', noting) // false where the page has frozen it
  try {
    return { created: create(), url }
  } finally {
    if (isNoting) Reflect.set(scope, 'Worker', original)
  }
}

function absolute(url: string | URL): string {
  try {
    return new URL(url, globalThis.document?.baseURI ?? globalThis.location?.href).href
  } catch {
    return String(url)
  }
}
