/** Lets everything else that waits for this thread run: input, timers, messages, other transactions. */

/** A port of Node's keeps its process alive unless it is told not to. */
type Port = MessagePort & { ref?(): void; unref?(): void }

const waiting: (() => void)[] = []
let channel: { readonly receiver: Port; readonly sender: Port } | undefined

/**
 * Resolves in a later task, behind the tasks that are due now. A message to ourselves is such a task; timers are clamped to
 * 4 ms. `scheduler.yield` is no way to do this: it goes ahead of timers and messages, which then never run.
 */
export function yieldThread(): Promise<void> {
  const { setImmediate } = globalThis as { setImmediate?: (callback: () => void) => unknown }
  // Node delivers up to a thousand messages to a port in one turn, those included that are posted meanwhile: no turn of
  // anybody else is in between.
  if (setImmediate !== undefined) return new Promise((resolve) => setImmediate(() => resolve()))
  channel ??= openChannel()
  const { receiver, sender } = channel
  return new Promise((resolve) => {
    receiver.ref?.()
    waiting.push(resolve)
    sender.postMessage(null)
  })
}

/** One channel for all: to open one for each yield takes longer than the yield. */
function openChannel() {
  const { port1: receiver, port2: sender }: { port1: Port; port2: Port } = new MessageChannel()
  receiver.onmessage = () => {
    waiting.shift()?.()
    if (waiting.length === 0) receiver.unref?.()
  }
  return { receiver, sender }
}
