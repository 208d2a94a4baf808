/** What is stored at the end of a sync, read from the records themselves: the oracle's nodes and codes, byte for byte. */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { META_KEY, readComplete } from '../../store/generation-record.ts'
import { decodePageKey } from '../../store/page-key.ts'
import type { Records } from '../../store/records.ts'
import { MAX_PAGE_BYTES } from '../../sync/constants.ts'
import { END } from '../../trie/path.ts'
import { SequenceCursor } from '../../trie/sequence.ts'
import { isSameNode } from './same-node.ts'
import type { SimulatedState } from './states.ts'

/** Rejects unless the complete generation holds `state` and nothing else. */
export async function checkStored(records: Records, state: SimulatedState): Promise<void> {
  const generation = readComplete(await records.get('meta', META_KEY.complete))?.generation
  let node = 0
  let covered = ''
  for (const key of await records.keys('pages')) {
    const page = decodePageKey(key)
    if (page === null || page.generation > Number(generation)) throw new Error('a page of no known generation')
    // A write that fails while older pages are deleted leaves them, until the store is opened again.
    if (page.generation !== generation) continue
    if (page.start !== covered) throw new Error(`a page begins at '${page.start}' behind '${covered}'`)
    covered = page.end
    const bytes = (await records.get('pages', key)) as Uint8Array
    if (bytes.length > MAX_PAGE_BYTES) throw new Error(`a page of ${bytes.length} bytes`)
    const cursor = new SequenceCursor(bytes)
    for (; cursor.next(); node++) {
      const expected = state.nodes[node]
      if (expected === undefined || !isSameNode(cursor, expected)) {
        throw new Error(`'${cursor.path}' is stored where '${expected?.path}' stands`)
      }
    }
  }
  if (covered !== END) throw new Error(`the pages end at '${covered}'`)
  if (node !== state.nodes.length) throw new Error(`${node} nodes are stored of ${state.nodes.length}`)
  await checkCodes(records, state)
}

async function checkCodes(records: Records, { codes }: SimulatedState): Promise<void> {
  for (const [hash, code] of codes) {
    const stored = await records.get('codes', hexToBytes(hash))
    if (!(stored instanceof Uint8Array) || !equal(stored, code)) throw new Error(`the code ${hash} is not stored`)
  }
  const [wanted] = await records.keys('wanted')
  if (wanted !== undefined) throw new Error(`a code is wanted at the end: ${bytesToHex(wanted)}`)
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  // Not `every`: this runs for each byte of each state.
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
