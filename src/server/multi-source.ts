/** Combines many states into one source: each request goes to the source with its root. */
import type { NodeSource } from '../trie/node-source.ts'
import { listOf } from '../wallet/plain.ts'
import { checkSource } from './check-arguments.ts'

const NOTHING = new Uint8Array()

/** Returns a source with the states, codes and headers of all `sources`. Throws `badArgument`. */
export function multiSource(given: readonly NodeSource[]): NodeSource {
  const sources = listOf('sources', given).map((source) => checkSource('a source', source))
  const sourceOf = (root: Uint8Array) => sources.find((source) => source.has(root))
  return {
    has: (root) => sourceOf(root) !== undefined,
    run: async (root, ref, maxNodes, maxBytes, work) =>
      (await sourceOf(root)?.run(root, ref, maxNodes, maxBytes, work)) ?? NOTHING,
    path: async (root, ref, key, work) => (await sourceOf(root)?.path(root, ref, key, work)) ?? NOTHING,
    async code(hash) {
      for (const source of sources) {
        const code = await source.code(hash)
        if (code !== undefined) return code
      }
      return undefined
    },
    async header(hash) {
      for (const source of sources) {
        const header = await source.header?.(hash)
        if (header !== undefined) return header
      }
      return undefined
    },
  }
}
