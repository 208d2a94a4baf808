/** Lets all other work waiting for this thread run: input, timers, messages, other transactions. */

/** A port; in Node, a port keeps the process alive until `unref` is called. */
type Port = MessagePort & { ref?(): void; unref?(): void }

const waiting: (() => void)[] = []
let channel: { readonly receiver: Port; readonly sender: Port } | undefined

/**
 * Resolves in a later task, behind the tasks due now. A message to ourselves is such a task; timers are clamped to 4
 * ms. `scheduler.yield` is no alternative: its task goes ahead of timers and messages, and these then never run.
 */
export function yieldThread(): Promise<void> {
  const { setImmediate } = globalThis as { setImmediate?: (callback: () => void) => unknown }
  // In one turn, Node delivers up to a thousand messages to a port, even those posted during the turn. No other work
  // runs in between.
  if (setImmediate !== undefined) return new Promise((resolve) => setImmediate(() => resolve()))
  channel ??= openChannel()
  const { receiver, sender } = channel
  return new Promise((resolve) => {
    receiver.ref?.()
    waiting.push(resolve)
    sender.postMessage(null)
  })
}

/** Opens one channel for all yields: opening a channel takes longer than a yield. */
function openChannel() {
  const { port1: receiver, port2: sender }: { port1: Port; port2: Port } = new MessageChannel()
  receiver.onmessage = () => {
    waiting.shift()?.()
    if (waiting.length === 0) receiver.unref?.()
  }
  return { receiver, sender }
}
