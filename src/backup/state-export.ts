/** Writes a state's file (`FORMAT.md`), chunk by chunk: whoever reads decides how fast. Everything is checked on its way out. */
import { NO_COUNTS } from '../store/page-key.ts'
import type { StoredState } from '../store/stored-state.ts'
import { encodeHeader } from './header.ts'

export interface ExportOptions {
  /** What the head says; left out: what the state is known by. */
  readonly blockNumber?: number | null
  /** False: the bytes of the head do not matter, and nothing is counted for it. */
  readonly isHeadWanted?: boolean
}

/**
 * The chunks of the file, of some 60 KB each; the receiver owns them. Its bytes are the same whenever it is written: they
 * follow from chain, root and block number. Throws what reads of `state` do.
 */
export async function* exportState(
  state: StoredState,
  chainId: number,
  { blockNumber = state.blockNumber, isHeadWanted = true }: ExportOptions = {},
): AsyncGenerator<Uint8Array, void, void> {
  const { nodes, bytes } = isHeadWanted ? await state.counts() : NO_COUNTS
  yield encodeHeader({ chainId, root: state.root, blockNumber, nodes, nodeBytes: bytes })
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
