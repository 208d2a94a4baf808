/** Keeps a damaged state from being served: what a source no longer has, it does not claim. */
import { isRootlightError } from '../trie/error.ts'
import type { NodeSource } from '../trie/node-source.ts'

const NOTHING = new Uint8Array()

/**
 * `source`, until one of its reads meets damage (`damagedState`): `onDamage` is called once, before that read is answered,
 * and from then on this is a source that has nothing of the state. Headers are not part of it.
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
