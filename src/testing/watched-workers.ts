/**
 * Set up in the window of every test in Chromium: errors that nobody caught in a module worker fail a test, as vitest does for
 * those of the window. A worker's own are told to nobody but its console.
 */
import { afterEach, expect } from 'vitest'

const CHANNEL = 'rootlight-worker-errors'
const uncaught: string[] = []

new BroadcastChannel(CHANNEL).addEventListener('message', ({ data }) => uncaught.push(data))

/** The worker's script behind another one, which listens. */
function watched(url: string): string {
  const script = `
    import ${JSON.stringify(url)}
    const channel = new BroadcastChannel(${JSON.stringify(CHANNEL)})
    const tell = (error) => channel.postMessage(String(error?.stack ?? error))
    addEventListener('error', ({ error, message }) => tell(error ?? message))
    addEventListener('unhandledrejection', ({ reason }) => tell(reason))`
  return URL.createObjectURL(new Blob([script], { type: 'text/javascript' }))
}

globalThis.Worker = class extends Worker {
  constructor(url: string | URL, options?: WorkerOptions) {
    super(options?.type === 'module' ? watched(new URL(url, location.href).href) : url, options)
  }
}

afterEach(() => {
  expect(uncaught.splice(0), 'errors that nobody caught in a worker').toEqual([])
})
