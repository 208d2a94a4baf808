/** Headers of the blocks of stored states. The headers are in the records of the generations, and few. */
import { equalHash } from '../../trie/keccak.ts'
import type { StoreContext } from './store-context.ts'

/** Returns RLP of the header with this hash (32 bytes), if stored. */
export function storedHeader({ catalog, keccak }: StoreContext, hash: Uint8Array): Uint8Array | undefined {
  for (const { record } of catalog.generations) {
    if (record.header !== null && equalHash(keccak.digest(record.header), hash)) return record.header
  }
  return undefined
}
