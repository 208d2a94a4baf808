/** Nodes of a state that is being synced: first what the sync has verified and not written yet, then the disk. */
import type { StateSync } from '../../sync/state-sync.ts'
import { equalHash, type Keccak } from '../../trie/keccak.ts'
import type { StateNodes } from '../../wallet/state-reader.ts'

/** `disk` are the nodes of the generation that the sync writes. */
export function nodesOfSync(sync: StateSync, disk: StateNodes, keccak: Keccak): StateNodes {
  return {
    async node(path, hash, key) {
      const blob = sync.find(path)
      if (blob !== undefined && equalHash(keccak.digest(blob), hash)) return blob.slice()
      return disk.node(path, hash, key)
    },
    code: (hash) => disk.code(hash),
  }
}
