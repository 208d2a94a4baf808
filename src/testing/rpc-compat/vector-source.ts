/** A light client's reads over the state of the official pairs: everything a provider needs to answer the requests. */

import { bytesToHex } from '@noble/hashes/utils.js'
import type { ProviderSource, SourceAnswer } from '../../wallet/provider/source.ts'
import { accountRead, codeRead, proofRead, readUnder, type StateRead, slotRead } from '../../worker/engine/reads.ts'
import type { VectorChain } from './chain.ts'

/** Returns a source knowing the head of `chain`, complete and with the header, and nothing else. */
export function vectorSource({ head, state }: VectorChain): ProviderSource {
  const { root, nodes } = state
  const known = {
    root: head.header.stateRoot,
    blockNumber: head.header.number,
    header: `0x${bytesToHex(head.rlp)}`,
  }
  const read = async <T>(at: string, reads: StateRead<T>): Promise<SourceAnswer<T>> => {
    if (at !== known.root) throw new Error(`the state of the pairs is ${known.root}, asked for ${at}`)
    return readUnder(root, nodes, reads)
  }
  return {
    progress: null,
    status: async () => ({ complete: known, target: known }),
    getAccount: (address, { at }) => read(at, accountRead(address)),
    getStorageAt: (address, slot, { at }) => read(at, slotRead(address, slot)),
    getCode: (address, { at }) => read(at, codeRead(address)),
    getProof: (address, slots, { at }) => read(at, proofRead(address, slots)),
  }
}
