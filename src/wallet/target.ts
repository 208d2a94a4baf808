/** What a sync is asked to bring: what is trusted, a root or a block's hash, and the part of its state that is wanted. */

import { InputError } from './errors.ts'
import { parseCount, parseHash, parseHeader, parseRoot } from './input.ts'

export interface TrustInput {
  readonly root?: string | undefined
  readonly blockNumber?: number | undefined
  readonly block?: string | undefined
  readonly header?: string | undefined
}

/** A root, and the number of its block if it is known; or a block by its hash, and the RLP of its header if it is. */
export type Trusted =
  | { readonly root: Uint8Array; readonly blockNumber: number | undefined }
  | { readonly block: Uint8Array; readonly header: Uint8Array | undefined }

/** Throws `badTarget`, `badRootText`, `badBlockHash`, `badHeader` or `badNumber`. */
export function parseTrust({ root, blockNumber, block, header }: TrustInput): Trusted {
  if (blockNumber !== undefined) parseCount('blockNumber', blockNumber)
  if (block === undefined) {
    if (header !== undefined) throw new InputError('badTarget', 'a header goes with the hash of its `block`')
    return { root: parseRoot(root as string), blockNumber }
  }
  if (root !== undefined || blockNumber !== undefined) {
    throw new InputError('badTarget', 'a `block` has its root and number in its header: leave them out')
  }
  return { block: parseHash(block), header: header === undefined ? undefined : parseHeader(header) }
}
