/** Reads a header given by an operator: in hex, or in a file with hex. */
import { open } from 'node:fs/promises'
import { hexToBytes } from '@noble/hashes/utils.js'
import { MAX_HEADER_BYTES } from '../protocol/constants.ts'
import { isRootlightError } from '../runtime/error.ts'
import { decodeHeader } from '../wallet/header.ts'
import { ServerError } from './error.ts'

/** Returns the RLP of the header. Throws `badHeader`. */
export async function readHeader(hexOrFile: string): Promise<Uint8Array> {
  const rlp = bytesOf(hexOrFile) ?? bytesOf(await textOf(hexOrFile))
  if (rlp === undefined) throw bad(hexOrFile, 'it is not in hex')
  if (rlp.length > MAX_HEADER_BYTES) throw bad(hexOrFile, `it has more than ${MAX_HEADER_BYTES} bytes`)
  try {
    decodeHeader(rlp)
  } catch (cause) {
    throw isRootlightError(cause) ? bad(hexOrFile, cause.message, cause) : cause
  }
  return rlp
}

function bytesOf(text: string): Uint8Array | undefined {
  const digits = /^\s*(?:0x)?((?:[0-9a-f]{2})+)\s*$/i.exec(text)?.[1]
  return digits === undefined ? undefined : hexToBytes(digits)
}

/** Reads the beginning of a file, bounded by the hex of the largest header and some room. */
async function textOf(path: string): Promise<string> {
  try {
    const file = await open(path)
    try {
      const text = Buffer.alloc(4 * MAX_HEADER_BYTES)
      let length = 0
      for (let read = -1; read !== 0 && length < text.length; length += read) {
        read = (await file.read(text, length)).bytesRead // a pipe may give fewer bytes at a time
      }
      return text.toString('latin1', 0, length)
    } finally {
      await file.close()
    }
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    throw bad(path, code === 'ENOENT' ? 'neither hex nor a file' : message, cause)
  }
}

function bad(name: string, why: string, cause?: unknown): ServerError {
  const short = name.length > 64 ? `${name.slice(0, 64)}…` : name
  return new ServerError('badHeader', `bad header ${short}: ${why}`, { details: { got: short }, cause })
}
