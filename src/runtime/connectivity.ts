/** The network state of the machine, as far as the browser tells. A window and a worker receive the same events. */

/** Returns false only if the browser reports no network. Peers on this machine can be reached all the same. */
export function isOnline(): boolean {
  return globalThis.navigator?.onLine !== false
}

/** Calls `listener` when the machine goes offline or online. Returns a function that stops the calls. */
export function watchConnectivity(listener: () => void): () => void {
  // A thread without such events is neither a window nor a worker (a test in Node).
  if (typeof globalThis.addEventListener !== 'function') return () => {}
  for (const type of ['online', 'offline']) globalThis.addEventListener(type, listener)
  return () => {
    for (const type of ['online', 'offline']) globalThis.removeEventListener(type, listener)
  }
}
