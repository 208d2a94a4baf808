/**
 * Writes a state's file (`FORMAT.md`), chunk by chunk: the consumer sets the pace. Everything is checked while
 * exported.
 */
import { NO_COUNTS } from '../store/format/page-key.ts'
import type { StoredState } from '../store/walks/stored-state.ts'
import { encodeFileHeader } from './file-header.ts'

export interface StateExportOptions {
  /** The block number in the header; left out: the number known for the state. */
  readonly blockNumber?: number | null
  /** False: the contents of the header do not matter, so nodes are not counted for the header. */
  readonly isHeadWanted?: boolean
}

/**
 * Yields the chunks of the file, of about 60 KB each; the receiver owns the bytes. The bytes depend only on chain, root
 * and block number: every export gives the same file. Throws the errors of reads of `state`.
 */
export async function* exportStateFile(
  state: StoredState,
  chainId: number,
  { blockNumber = state.blockNumber, isHeadWanted = true }: StateExportOptions = {},
): AsyncGenerator<Uint8Array, void, void> {
  const { nodes, bytes } = isHeadWanted ? await state.counts() : NO_COUNTS
  yield encodeFileHeader({ chainId, root: state.root, blockNumber, nodes, nodeBytes: bytes })
  yield* state.runs()
  const hashes = state.codeHashes()
  yield uint32(hashes.length)
  for (const hash of hashes) {
    const code = await state.code(hash)
    yield uint32(code.length)
    yield code
  }
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}
