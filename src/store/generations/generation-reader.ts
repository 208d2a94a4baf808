/** Verified reads of one generation, or under one root. A reader outlives a compaction. */
import { isRootlightError } from '../../runtime/error.ts'
import type { Path } from '../../trie/path.ts'
import { readCode, readNamedCode } from './code-reader.ts'
import { lookUp, lookUpRef } from './page-reader.ts'
import type { StoreContext } from './store-context.ts'

/** Verified reads of one generation. */
export interface GenerationReader {
  /**
   * Returns the node at `path`, owned by the caller; `undefined`: not stored. `hash` (32 bytes) comes from a walk down
   * from the generation's root. Anything else at the path is damage: it is dropped, and the call rejects with
   * `damagedPage`.
   */
  node(path: Path, hash: Uint8Array): Promise<Uint8Array | undefined>

  /**
   * Returns the bytecode with this hash (32 bytes), owned by the caller; `undefined`: not stored. The hash must be
   * named by a leaf of the generation. Rejects with `damagedCode` if the stored code is damaged or lost: the code is
   * wanted again.
   */
  code(hash: Uint8Array): Promise<Uint8Array | undefined>
}

/**
 * Returns a reader of the generation with this number. If the generation was deleted, reads use the one of the same
 * root that compaction put in its place, else find nothing.
 */
export function generationReader(context: StoreContext, generation: number): GenerationReader {
  const { catalog } = context
  const state = catalog.get(generation)
  const living = () => state && (catalog.has(state) ? state : catalog.withRoot(state.record.root))
  const node = async (path: Path, hash: Uint8Array): Promise<Uint8Array | undefined> => {
    const lives = living()
    const blob = lives && (await lookUp(context, lives, path, hash))
    // A compaction may have deleted the generation during the read.
    return blob === undefined && lives !== undefined && !catalog.has(lives) ? node(path, hash) : blob
  }
  const code = async (hash: Uint8Array): Promise<Uint8Array | undefined> => {
    const lives = living()
    if (lives === undefined) return undefined
    try {
      return await readNamedCode(context, lives, hash)
    } catch (error) {
      // A compaction may have deleted the generation during the read.
      if (!isRootlightError(error, 'generationGone') || catalog.has(lives)) throw error
      return code(hash)
    }
  }
  return { node, code }
}

/**
 * Returns a reader under a root (32 bytes). For a root without a generation, reads find the nodes shared with other
 * states.
 */
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
