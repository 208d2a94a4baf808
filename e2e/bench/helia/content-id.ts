/** What Helia knows a node or a code by: its keccak-256, as the CID of a raw block. */
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { create } from 'multiformats/hashes/digest'
import { from } from 'multiformats/hashes/hasher'
import { createFastKeccak } from '../../../src/trie/fast-keccak.ts'

const KECCAK_256 = 0x1b

/** The CID of the blob with this hash of 32 bytes. */
export function cidOf(hash: Uint8Array): CID {
  return CID.createV1(raw.code, create(KECCAK_256, hash))
}

/** keccak-256 for Helia, which comes with sha2 only: the fastest that this thread may run. */
export async function keccakHasher() {
  const keccak = await createFastKeccak()
  return from({
    name: 'keccak-256',
    code: KECCAK_256,
    encode: (blob) => keccak.digest(blob) as Uint8Array<ArrayBuffer>,
  })
}
