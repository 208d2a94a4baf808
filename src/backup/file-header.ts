/** The header of a state's file: see `FORMAT.md`. */
import { checksum } from '../store/format/checksum.ts'
import { BackupError, badExport } from './errors.ts'

export interface FileHeader {
  readonly chainId: number
  /** 32 bytes. */
  readonly root: Uint8Array
  readonly blockNumber: number | null
  readonly nodes: number
  readonly nodeBytes: number
}

export const HEADER_BYTES = 88

const MAGIC = new TextEncoder().encode('rootlight state\n')
const VERSION = 1
const NO_BLOCK = 2n ** 64n - 1n
/** Offsets of the fields. */
const AT = { version: 16, chainId: 20, root: 28, blockNumber: 60, nodes: 68, nodeBytes: 76, checksum: 84 } as const

export function encodeFileHeader({ chainId, root, blockNumber, nodes, nodeBytes }: FileHeader): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES)
  const view = new DataView(bytes.buffer)
  bytes.set(MAGIC)
  view.setUint32(AT.version, VERSION)
  view.setBigUint64(AT.chainId, BigInt(chainId))
  bytes.set(root, AT.root)
  view.setBigUint64(AT.blockNumber, blockNumber === null ? NO_BLOCK : BigInt(blockNumber))
  view.setBigUint64(AT.nodes, BigInt(nodes))
  view.setBigUint64(AT.nodeBytes, BigInt(nodeBytes))
  view.setUint32(AT.checksum, checksum(bytes, AT.checksum))
  return bytes
}

/** Decodes {@link HEADER_BYTES} bytes. Throws `badExport` or `exportTooNew`. */
export function decodeFileHeader(bytes: Uint8Array): FileHeader {
  if (MAGIC.some((byte, i) => bytes[i] !== byte)) throw badExport('it begins with its magic')
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES)
  if (view.getUint32(AT.checksum) !== checksum(bytes, AT.checksum)) throw badExport('its head has its checksum')
  const version = view.getUint32(AT.version)
  if (version !== VERSION) {
    const details = { got: version, expected: VERSION }
    throw new BackupError('exportTooNew', `the file is of version ${version}`, { details })
  }
  const count = (at: number): number => {
    const value = view.getBigUint64(at)
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw badExport('its numbers are below 2^53')
    return Number(value)
  }
  return {
    chainId: count(AT.chainId),
    root: bytes.slice(AT.root, AT.root + 32),
    blockNumber: view.getBigUint64(AT.blockNumber) === NO_BLOCK ? null : count(AT.blockNumber),
    nodes: count(AT.nodes),
    nodeBytes: count(AT.nodeBytes),
  }
}
