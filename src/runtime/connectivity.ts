/** Whether the machine has a network, as far as the browser tells; the same events reach a window and a worker. */

/** False only if the browser says so. Peers on this machine can be reached all the same. */
export function isOnline(): boolean {
  return globalThis.navigator?.onLine !== false
}

/** Calls `listener` when the machine goes offline or online. Returns the way to stop that. */
export function watchConnectivity(listener: () => void): () => void {
  // A thread that is neither a window nor a worker (a test in Node) has no such events.
  if (typeof globalThis.addEventListener !== 'function') return () => {}
  for (const type of ['online', 'offline']) globalThis.addEventListener(type, listener)
  return () => {
    for (const type of ['online', 'offline']) globalThis.removeEventListener(type, listener)
  }
}
