/**
 * Exports the last complete state beside other work of the tab. The file must equal the file of a trial's state, byte
 * for byte.
 */
import { bytesToHex, concatBytes } from '@noble/hashes/utils.js'
import { decodeFileHeader, encodeFileHeader, HEADER_BYTES } from '../../backup/file-header.ts'
import { isRootlightError } from '../../runtime/error.ts'
import type { SimulatedState } from './states.ts'
import type { Tab } from './tab.ts'

const CHAIN_ID = 1

export interface SimulatedExportOptions {
  readonly states: readonly SimulatedState[]
  readonly count: (what: string) => void
}

/** Resolves after comparing the file, and never if the process dies before. Rejects if the export fails or differs. */
export async function runExport(tab: Tab, { states, count }: SimulatedExportOptions): Promise<void> {
  const chunks: Uint8Array[] = []
  const completeRoot = () => bytesToHex(tab.store?.lastComplete()?.root ?? new Uint8Array())
  const rootBefore = completeRoot()
  try {
    for await (const chunk of tab.export()) chunks.push(chunk)
  } catch (error) {
    // A newer state is complete, and a compaction has dropped the exported one.
    const isOvertaken = isRootlightError(error, 'generationGone') && rootBefore !== completeRoot()
    if (isOvertaken) count('exports overtaken')
    else if (isRootlightError(error, 'notSynced')) count('exports of nothing')
    else throw new Error(`an export fails: ${error}`, { cause: error })
    return
  }
  const file = concatBytes(...chunks)
  const rootHex = bytesToHex(decodeFileHeader(file.subarray(0, HEADER_BYTES)).root)
  const state = states.find((other) => other.rootHex === rootHex)
  if (state === undefined) throw new Error(`an export of ${rootHex}, which is no state`)
  if (bytesToHex(file) !== bytesToHex(fileOf(state))) throw new Error(`the export of ${rootHex} is not that state`)
  count('exports')
}

/** Encodes the file of a state, as specified in `FORMAT.md`. */
function fileOf({ root, nodes, codes }: SimulatedState): Uint8Array {
  const blobs = nodes.map(({ blob }) => blob)
  const nodeBytes = blobs.reduce((sum, blob) => sum + blob.length, 0)
  const header = encodeFileHeader({ chainId: CHAIN_ID, root, blockNumber: null, nodes: nodes.length, nodeBytes })
  const sorted = [...codes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, code]) => code)
  return concatBytes(header, ...blobs, uint32(sorted.length), ...sorted.flatMap((code) => [uint32(code.length), code]))
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}
