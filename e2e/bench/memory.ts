/** Memory of a page, of its window and its workers: JavaScript heaps in use with their array buffers, and WebAssembly. */
import type { Browser, Page } from './browser.ts'

const SAMPLE_MS = 100

interface HeapUsage {
  readonly usedSize: number
  readonly backingStorageSize?: number
  readonly embedderHeapUsedSize?: number
}

/** Returns the bytes in use on all heaps, including array buffers and uncollected garbage. */
export async function heapBytes({ cdp }: Browser, page: Page): Promise<number> {
  const bytes = page.threads.map(async ({ sessionId }) => {
    const usage = await cdp.send<HeapUsage>('Runtime.getHeapUsage', {}, sessionId)
    return usage.usedSize + (usage.backingStorageSize ?? 0) + (usage.embedderHeapUsedSize ?? 0)
  })
  return sum(await Promise.all(bytes))
}

/** Returns {@link heapBytes} after garbage collection on all threads. */
export async function collectedHeapBytes(browser: Browser, page: Page): Promise<number> {
  for (const { sessionId } of page.threads) await browser.cdp.send('HeapProfiler.collectGarbage', {}, sessionId)
  return heapBytes(browser, page)
}

/**
 * Returns the bytes of all WebAssembly memories, which the heap's usage leaves out. Memories never shrink, so the value
 * at the end is the peak. Collects garbage: call this only outside of measurements.
 */
export async function wasmBytes({ cdp }: Browser, page: Page): Promise<number> {
  const bytes = page.threads.map(async ({ sessionId }) => {
    const expression = 'WebAssembly.Memory.prototype'
    const prototype = await cdp.send<{ result: RemoteObject }>('Runtime.evaluate', { expression }, sessionId)
    const query = { prototypeObjectId: prototype.result.objectId }
    const { objects } = await cdp.send<{ objects: RemoteObject }>('Runtime.queryObjects', query, sessionId)
    const call = { objectId: objects.objectId, functionDeclaration: SUM_OF_MEMORIES, returnByValue: true }
    return (await cdp.send<{ result: { value: number } }>('Runtime.callFunctionOn', call, sessionId)).result.value
  })
  return sum(await Promise.all(bytes))
}

interface RemoteObject {
  readonly objectId: string
}

const SUM_OF_MEMORIES = 'function () { return this.reduce((sum, memory) => sum + memory.buffer.byteLength, 0) }'

/** Samples the memory. The returned function ends the sampling and resolves with the peak. */
export function watchHeap(browser: Browser, page: Page): () => Promise<number> {
  let peak = 0
  let stopped = false
  const sample = async () => {
    peak = Math.max(peak, await heapBytes(browser, page))
  }
  const sampling = (async () => {
    while (!stopped) {
      await sample()
      await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS))
    }
  })()
  return async () => {
    stopped = true
    await sampling
    await sample()
    return peak
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
