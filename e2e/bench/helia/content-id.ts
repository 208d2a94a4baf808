/** Helia's name of a node or code: the keccak-256, as the CID of a raw block. */
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { create } from 'multiformats/hashes/digest'
import { from } from 'multiformats/hashes/hasher'
import { createFastKeccak } from '../../../src/trie/fast-keccak.ts'

const KECCAK_256 = 0x1b

/** Returns the CID of the blob with this hash of 32 bytes. */
export function cidOf(hash: Uint8Array): CID {
  return CID.createV1(raw.code, create(KECCAK_256, hash))
}

/** Returns keccak-256 for Helia, the fastest on this thread. Helia itself has only sha2. */
export async function keccakHasher() {
  const keccak = await createFastKeccak()
  return from({
    name: 'keccak-256',
    code: KECCAK_256,
    encode: (blob) => keccak.digest(blob) as Uint8Array<ArrayBuffer>,
  })
}
