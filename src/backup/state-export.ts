/** Writes a state's file (`FORMAT.md`), chunk by chunk: whoever reads decides how fast. Everything is checked on its way out. */
import type { StoredState } from '../store/stored-state.ts'
import { encodeHeader } from './header.ts'

/** The chunks of the file, of some 60 KB each; the receiver owns them. Throws what reads of `state` do. */
export async function* exportState(state: StoredState, chainId: number): AsyncGenerator<Uint8Array, void, void> {
  const { root, blockNumber } = state
  const { nodes, bytes } = await state.counts()
  yield encodeHeader({ chainId, root, blockNumber, nodes, nodeBytes: bytes })
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
