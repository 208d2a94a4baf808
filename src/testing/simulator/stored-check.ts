/** Checks the records at the end of a sync: they must hold the oracle's nodes and codes, byte for byte. */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import type { Records } from '../../store/database/records.ts'
import { readCompleteRecord } from '../../store/format/generation-record.ts'
import { META_KEY } from '../../store/format/meta.ts'
import { decodePageKey, isLoose } from '../../store/format/page-key.ts'
import { decodeWantedKey } from '../../store/format/wanted-key.ts'
import { MAX_PAGE_BYTES } from '../../sync/constants.ts'
import { END, type Path } from '../../trie/path.ts'
import { SequenceCursor } from '../../trie/sequence.ts'
import type { BuiltNode } from '../../trie/trie-builder.ts'
import { isSameNode } from './same-node.ts'
import type { SimulatedState } from './states.ts'

/**
 * Rejects unless the pages of the complete generation cover everything and hold nodes of `state` only. All other nodes
 * of `state` must be in older generations.
 */
export async function checkStored(records: Records, state: SimulatedState): Promise<void> {
  const generation = readCompleteRecord(await records.get('meta', META_KEY.complete))?.generation ?? 0
  const stored = new Set<BuiltNode>()
  let covered = ''
  for (const key of await records.keys('pages')) {
    const page = decodePageKey(key)
    if (page === null) throw new Error('a key that is no page’s')
    if (isLoose(page) || page.generation > generation) continue
    if (page.generation === generation) {
      if (page.start !== covered) throw new Error(`a page begins at '${page.start}' behind '${covered}'`)
      covered = page.end
    }
    const bytes = (await records.get('pages', key)) as Uint8Array
    if (bytes.length > MAX_PAGE_BYTES) throw new Error(`a page of ${bytes.length} bytes`)
    const cursor = new SequenceCursor(bytes)
    while (cursor.next()) {
      const node = nodeAt(state, cursor.path)
      if (node !== undefined && isSameNode(cursor, node)) stored.add(node)
      else if (page.generation === generation) throw new Error(`'${cursor.path}' is stored, and is not of the state`)
    }
  }
  if (covered !== END) throw new Error(`the pages end at '${covered}'`)
  if (stored.size !== state.nodes.length) throw new Error(`${stored.size} nodes are stored of ${state.nodes.length}`)
  await checkCodes(records, state)
}

function nodeAt({ nodes }: SimulatedState, path: Path): BuiltNode | undefined {
  let low = 0
  let high = nodes.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (nodes[middle]!.path < path) low = middle + 1
    else high = middle
  }
  return nodes[low]
}

async function checkCodes(records: Records, { codes }: SimulatedState): Promise<void> {
  for (const [hash, code] of codes) {
    const stored = await records.get('codes', hexToBytes(hash))
    if (!(stored instanceof Uint8Array) || !equal(stored, code)) throw new Error(`the code ${hash} is not stored`)
  }
  // Abandoned generations may still want codes no state uses any more. The complete generation must not.
  const generation = readCompleteRecord(await records.get('meta', META_KEY.complete))?.generation
  for (const key of await records.keys('wanted')) {
    const wanted = decodeWantedKey(key)
    if (wanted?.generation === generation) throw new Error(`a code is wanted at the end: ${bytesToHex(key)}`)
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  // Not `every`, for speed: this loop runs for each byte of each code.
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
