/** A serving tab, an honest tab syncing from it, and a hostile one beside them. */
import type { Page } from '@playwright/test'
import { BURDENS, VIOLATIONS } from '../src/testing/hostile/attacks.ts'
import { expect } from './fixtures.ts'
import { rootOf } from './states.ts'
import { connect, openServing, test } from './webrtc.ts'

/** The most memory a tab holds for others, and as much again for uncollected garbage. */
const MAX_GROWTH_BYTES = 64 * 1024 * 1024

// A dozen dials, and 20 s for silent streams.
test.describe.configure({ timeout: 180_000 })

for (const engine of ['worker', 'window'] as const) {
  test(`engine in the ${engine}: a hostile tab is cut off, and an honest one beside it completes`, async ({
    openTab,
    relay,
    peer,
    states,
    atEnd,
  }) => {
    const state = await states.generated(6_000, 5)
    const server = await peer([state])
    const serving = await openTab(engine)
    const address = await openServing(serving, relay, [server.address])
    await serving.evaluate((root) => window.e2e.sync(root), rootOf(state))
    await server.stop()
    const before = await heapBytes(serving)
    const [hostile, honest] = [await openTab(), await openTab(engine)]
    await connect(honest, [address])

    const sampling = peakOf(() => heapBytes(serving))
    atEnd(async () => void (await sampling.stop()))
    const attacks = hostile.evaluate(({ relay, address, root }) => window.e2e.attack(relay, address, root), {
      relay: relay.multiaddrs[0]!,
      address,
      root: rootOf(state),
    })
    const progress = await honest.evaluate((root) => window.e2e.sync(root), rootOf(state))
    expect(progress).toMatchObject({ phase: 'complete', fraction: 1 })
    expect(await attacks).toEqual([
      ...Object.keys(VIOLATIONS).map((name) => ({ name, isConnected: false })),
      { name: Object.keys(BURDENS)[0], isConnected: true },
    ])
    expect((await sampling.stop()) - before).toBeLessThan(MAX_GROWTH_BYTES)
    expect(await honest.evaluate(() => window.e2e.peers())).toMatchObject([{ address, state: 'connected' }])
  })
}

/** Returns the heap of the window, array buffers included. */
async function heapBytes(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page)
  const { usedSize, backingStorageSize } = await session.send('Runtime.getHeapUsage')
  await session.detach()
  return usedSize + backingStorageSize
}

/** Samples `measure` until stopped, and returns the largest value. */
function peakOf(measure: () => Promise<number>): { stop(): Promise<number> } {
  let peak = 0
  let isStopped = false
  const sampling = (async () => {
    while (!isStopped) {
      peak = Math.max(peak, await measure())
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  })()
  return {
    async stop() {
      isStopped = true
      await sampling
      return peak
    },
  }
}
