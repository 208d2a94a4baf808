/** Verified reads of one generation, or under one root, for readers that outlive a compaction. */
import { isRootlightError } from '../../runtime/error.ts'
import type { Path } from '../../trie/path.ts'
import { readCode, readNamedCode } from './code-reader.ts'
import { lookUp, lookUpRef } from './page-reader.ts'
import type { StoreContext } from './store-context.ts'

/** Verified reads of one generation. */
export interface GenerationReader {
  /**
   * The node at `path`, which the caller owns; `undefined`: not stored. `hash` (32 bytes) comes from a walk down from the
   * generation's root: whatever else stands there is damage, is dropped, and rejects with `damagedPage`.
   */
  node(path: Path, hash: Uint8Array): Promise<Uint8Array | undefined>

  /**
   * The bytecode with this hash (32 bytes), which a leaf of the generation names and the caller owns; `undefined`: not
   * stored. Rejects with `damagedCode` if what is stored is not it, or if it is gone: then it is wanted again.
   */
  code(hash: Uint8Array): Promise<Uint8Array | undefined>
}

/** Reads of the generation with this number. If compaction deleted it, of the one with the same root; else of nothing. */
export function generationReader(context: StoreContext, generation: number): GenerationReader {
  const { catalog } = context
  const state = catalog.get(generation)
  const living = () => state && (catalog.has(state) ? state : catalog.withRoot(state.record.root))
  const node = async (path: Path, hash: Uint8Array): Promise<Uint8Array | undefined> => {
    const lives = living()
    const blob = lives && (await lookUp(context, lives, path, hash))
    // It may have been compacted away while we looked.
    return blob === undefined && lives !== undefined && !catalog.has(lives) ? node(path, hash) : blob
  }
  const code = async (hash: Uint8Array): Promise<Uint8Array | undefined> => {
    const lives = living()
    if (lives === undefined) return undefined
    try {
      return await readNamedCode(context, lives, hash)
    } catch (error) {
      // It may have been compacted away while we looked.
      if (!isRootlightError(error, 'generationGone') || catalog.has(lives)) throw error
      return code(hash)
    }
  }
  return { node, code }
}

/** Reads under a root (32 bytes) that need not have a generation: then of what happens to be the same in others. */
export function rootReader(context: StoreContext, root: Uint8Array): GenerationReader {
  const state = context.catalog.withRoot(root)
  if (state !== undefined) return generationReader(context, state.number)
  return {
    node: async (path, hash) => {
      const [newest] = context.catalog.generations
      return newest && lookUpRef(context, newest, { path, hash })
    },
    code: (hash) => readCode(context, hash),
  }
}
