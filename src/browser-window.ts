/** The abilities of the browser's window which a client uses: its visibility, and persistent storage. */

/** Calls `listener` when the page becomes hidden. Returns a function to stop watching. */
export function watchHiding(listener: () => void): () => void {
  const { document } = globalThis
  if (document === undefined) return () => {}
  const onChange = () => {
    if (document.visibilityState === 'hidden') listener()
  }
  document.addEventListener('visibilitychange', onChange)
  return () => document.removeEventListener('visibilitychange', onChange)
}

/** Asks the browser for persistent storage. False outside of secure contexts as well: there is no storage manager. */
export async function askToPersist(): Promise<boolean> {
  const manager = globalThis.navigator?.storage as StorageManager | undefined
  return (await manager?.persist?.()) ?? false
}
