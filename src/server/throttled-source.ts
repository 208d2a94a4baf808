/** A slow source, for demos and tests of clients with a slow peer. */
import { type Clock, systemClock } from '../runtime/clock.ts'
import type { NodeSource } from '../trie/node-source.ts'

/**
 * Slows `source` down to `bytesPerSecond`, over all requests together. A run ends after the bytes of a quarter of a
 * second.
 */
export function throttledSource(source: NodeSource, bytesPerSecond: number, clock: Clock = systemClock): NodeSource {
  let freeAt = clock.now()
  const pay = async (bytes: Uint8Array): Promise<Uint8Array> => {
    freeAt = Math.max(freeAt, clock.now()) + (bytes.length * 1000) / bytesPerSecond
    const delayMs = freeAt - clock.now()
    await new Promise<void>((resolve) => clock.after(delayMs, resolve))
    return bytes
  }
  const most = Math.max(1, Math.floor(bytesPerSecond / 4))
  return {
    has: (root) => source.has(root),
    run: async (root, ref, maxNodes, maxBytes, work) =>
      pay(await source.run(root, ref, maxNodes, Math.min(maxBytes, most), work)),
    path: async (root, ref, key, work) => pay(await source.path(root, ref, key, work)),
    async code(hash) {
      const code = await source.code(hash)
      return code === undefined ? undefined : pay(code)
    },
    async header(hash) {
      const header = await source.header?.(hash)
      return header === undefined ? undefined : pay(header)
    },
  }
}
