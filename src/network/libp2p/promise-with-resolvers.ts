/**
 * `Promise.withResolvers` for Node 20: libp2p uses this function unchecked. Installed when a node is created, never
 * before.
 */

/** Adds `Promise.withResolvers` on platforms without the function. */
export function installPromiseWithResolvers(): void {
  if ('withResolvers' in Promise) return
  Object.defineProperty(Promise, 'withResolvers', { value: withResolvers, configurable: true, writable: true })
}

function withResolvers<T>() {
  let resolve: (value: T | PromiseLike<T>) => void = () => {}
  let reject: (reason?: unknown) => void = () => {}
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}
