/**
 * Set up in the window of every test in Chromium: an uncaught error in a module worker fails the test. Vitest does the
 * same for errors of the window, but browsers report a worker's errors only to the worker's console.
 */
import { afterEach, expect } from 'vitest'

const CHANNEL = 'rootlight-worker-errors'
const uncaught: string[] = []

new BroadcastChannel(CHANNEL).addEventListener('message', ({ data }) => uncaught.push(data))

/** Returns the URL of a script importing the worker's script and listening for uncaught errors. */
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
