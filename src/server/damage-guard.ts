/** Keeps a server from serving a damaged state: after damage, a source no longer claims the state. */
import { isRootlightError } from '../runtime/error.ts'
import type { NodeSource } from '../trie/node-source.ts'

const NOTHING = new Uint8Array()

/**
 * Wraps `source` until a read meets damage (`damagedState`). Then calls `onDamage` once, before answering that read,
 * and afterwards answers as a source without the state. Headers are still answered.
 */
export function guardDamage(source: NodeSource, onDamage: (error: unknown) => void): NodeSource {
  let isWhole = true
  const answer = async <T>(nothing: T, read: () => Promise<T>): Promise<T> => {
    if (!isWhole) return nothing
    try {
      return await read()
    } catch (error) {
      if (!isRootlightError(error, 'damagedState')) throw error
      if (isWhole) {
        isWhole = false // `whole → withdrawn`, for as long as the process runs
        onDamage(error)
      }
      return nothing
    }
  }
  return {
    has: (root) => isWhole && source.has(root),
    run: (root, ref, maxNodes, maxBytes, work) =>
      answer(NOTHING, () => source.run(root, ref, maxNodes, maxBytes, work)),
    path: (root, ref, key, work) => answer(NOTHING, () => source.path(root, ref, key, work)),
    code: (hash) => answer<Uint8Array | undefined>(undefined, () => source.code(hash)),
    header: async (hash) => source.header?.(hash),
  }
}
