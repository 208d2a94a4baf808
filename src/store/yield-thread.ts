/** Lets everything else that waits for this thread run: input, messages, other transactions. */

/** Resolves in a later task, soon: `scheduler.yield` where there is one, else a message to ourselves (timers are clamped). */
export function yieldThread(): Promise<void> {
  const { scheduler } = globalThis as { scheduler?: { yield?: () => Promise<void> } }
  if (scheduler?.yield !== undefined) return scheduler.yield()
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close() // an open port keeps a Node process alive
      resolve()
    }
    port2.postMessage(null)
  })
}
