/** Nodes of a state during its sync: first the nodes verified and not written yet, then the disk. */
import type { StateSync } from '../../sync/state-sync.ts'
import { equalHash, type Keccak } from '../../trie/keccak.ts'
import type { StateNodes } from '../../wallet/state-reader.ts'

/** Returns the nodes of `sync`, and behind them `disk`, the nodes of the generation written by the sync. */
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
