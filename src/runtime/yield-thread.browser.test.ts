import { describe, expect, test } from 'vitest'
import { yieldThread } from './yield-thread.ts'

/** Work waiting for a thread, besides the loop that yields. Each entry calls `done` from a task of its own. */
const WAITING: Readonly<Record<string, (done: () => void) => void>> = {
  'a timer': (done) => setTimeout(done, 10),
  'an interval': (done) => {
    const timer = setInterval(() => {
      clearInterval(timer)
      done()
    }, 10)
  },
  'a message': (done) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = done
    port2.postMessage(null)
  },
  'a message to a broadcast channel': (done) => {
    const [sender, receiver] = [new BroadcastChannel('yield'), new BroadcastChannel('yield')]
    receiver.onmessage = done
    sender.postMessage(null)
  },
  'a message from a worker': (done) => {
    const worker = new Worker(URL.createObjectURL(new Blob(['postMessage(null)'])))
    worker.onmessage = done
  },
  'a task': (done) => {
    const { scheduler } = globalThis as unknown as { scheduler: { postTask(task: () => void): Promise<void> } }
    void scheduler.postTask(done)
  },
  'an answer from the network': (done) => {
    void fetch('data:,').then(done)
  },
}

/** Far more than any kind of work needs. */
const MOST_YIELDS = 2_000

describe('yieldThread', () => {
  test.each(Object.keys(WAITING))('behavior: %s runs during a loop that does nothing else but yield', async (name) => {
    let isDone = false
    WAITING[name]!(() => {
      isDone = true
    })
    let yields = 0
    while (!isDone && yields++ < MOST_YIELDS) {
      const start = performance.now()
      while (performance.now() - start < 2);
      await yieldThread()
    }
    expect(isDone).toBe(true)
  })

  test('behavior: many at a time resolve in the order in which they were asked for', async () => {
    const order: number[] = []
    await Promise.all([0, 1, 2].map((i) => yieldThread().then(() => order.push(i))))
    expect(order).toEqual([0, 1, 2])
  })
})
