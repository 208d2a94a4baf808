/** The honest client: asks for as much as the protocol's requester may, and measures the answers. */
import type { Requester } from '../../../src/protocol/requester.ts'
import { ROOT_PATH } from '../../../src/trie/path.ts'
import type { HonestFigures } from './scene.ts'

/** As many requests as a sync keeps open with one peer, and as large as to a fast peer. */
const IN_FLIGHT = 4
const REQUEST_BYTES = 256 * 1024

export async function askFor(requester: Requester, root: Uint8Array, ms: number): Promise<HonestFigures> {
  const startedAt = performance.now()
  let longestMs = 0
  let bytes = 0
  async function askOn(): Promise<void> {
    while (performance.now() - startedAt < ms) {
      const askedAt = performance.now()
      const runs = await requester.getNodes(root, [{ path: ROOT_PATH, hash: root, maxNodes: 0 }], REQUEST_BYTES)
      longestMs = Math.max(longestMs, performance.now() - askedAt)
      for (const run of runs) bytes += run.length
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, askOn))
  return { amount: bytes, perSecond: (bytes * 1000) / (performance.now() - startedAt), longestMs }
}
