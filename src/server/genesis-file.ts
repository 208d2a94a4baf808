/** Streams a geth-style `genesis.json` of any size. Holds one chunk of the file and one code at a time. */
import { createReadStream } from 'node:fs'
import { MAX_HEADER_BYTES } from '../protocol/constants.ts'
import { isRootlightError } from '../runtime/error.ts'
import { decodeHeader } from '../wallet/header.ts'
import { AllocReader } from './alloc-reader.ts'
import { checkPath } from './check-arguments.ts'
import { missingPackage, ServerError } from './error.ts'
import { encodeGenesisHeader } from './genesis-block.ts'
import { GenesisBlockReader } from './genesis-block-reader.ts'
import type { JsonVisitor } from './json-walker.ts'
import { diskError } from './platform-error.ts'
import type { StateRecord } from './state-record.ts'

/** The content of a genesis file in geth's format. */
export interface GenesisFile {
  /** The state, read during the iteration; iterable once. Throws `badGenesis` with the byte of the error. */
  readonly records: AsyncIterable<StateRecord>
  /** Returns `config.chainId` once the records have been read, or `undefined` if the file has none. */
  readonly chainId: () => number | undefined
  /**
   * Returns the RLP of the genesis block's header with this state root, once the records have been read. `undefined`:
   * the file says too little.
   */
  readonly header: (root: Uint8Array) => Uint8Array | undefined
}

/** Reads the genesis file at `path`. Throws `badArgument`. */
export function genesisFile(path: string): GenesisFile {
  checkPath('the path of a genesis file', path)
  return genesisText(chunksOf(path), path)
}

/**
 * Reads a genesis arriving in pieces; errors use `name`.
 * @internal exported for tests
 */
export function genesisText(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, name: string): GenesisFile {
  const alloc = new AllocReader()
  const reader = new GenesisBlockReader()
  return {
    records: readRecords(chunks, name, alloc, reader),
    chainId: () => reader.chainId,
    header: (root) => reader.block && headerOf(name, encodeGenesisHeader(reader.block, root)),
  }
}

/** Refuses a header that peers would refuse, or too large for an answer: such a header must not be announced. */
function headerOf(name: string, rlp: Uint8Array): Uint8Array {
  const bad = (rule: string, cause?: unknown) =>
    new ServerError('badGenesis', `bad genesis ${name}: ${rule}`, { details: { file: name }, cause })
  if (rlp.length > MAX_HEADER_BYTES)
    throw bad(`its header has ${rlp.length} bytes, and at most ${MAX_HEADER_BYTES} can be sent`)
  try {
    decodeHeader(rlp)
  } catch (cause) {
    throw isRootlightError(cause) ? bad(cause.message, cause) : cause
  }
  return rlp
}

const CHUNK_BYTES = 256 * 1024

/** Opens the file at the first read. An unread stream would report an error before any listener is there. */
async function* chunksOf(path: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(path, { highWaterMark: CHUNK_BYTES })
}

async function* readRecords(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  name: string,
  alloc: AllocReader,
  reader: GenesisBlockReader,
): AsyncGenerator<StateRecord> {
  // The walker's tokenizer is an optional package. A server of known genesis states runs without the package.
  const { JsonWalker } = await import('./json-walker.ts').catch((cause: unknown) => {
    throw missingPackage('@streamparser/json', cause)
  })
  const walker = new JsonWalker(both(alloc, reader))
  try {
    for await (const chunk of chunks) {
      walker.write(chunk)
      yield* alloc.take()
    }
    walker.end()
    alloc.end()
  } catch (cause) {
    throw bad(name, walker.at, cause)
  }
}

function both(one: JsonVisitor, other: JsonVisitor): JsonVisitor {
  return {
    onOpen(keys, kind) {
      one.onOpen(keys, kind)
      other.onOpen(keys, kind)
    },
    onClose(keys, kind) {
      one.onClose(keys, kind)
      other.onClose(keys, kind)
    },
    onScalar(keys, value) {
      one.onScalar(keys, value)
      other.onScalar(keys, value)
    },
  }
}

function bad(name: string, at: number, cause: unknown): unknown {
  const { code, message } = cause as NodeJS.ErrnoException
  if (code === 'ENOENT' || code === 'EISDIR') {
    const known = 'mainnet, sepolia, holesky, hoodi, or a geth-style genesis.json'
    const got = code === 'EISDIR' ? `${name} is a directory` : `no genesis state ${name}`
    return new ServerError('unknownGenesis', `${got}: expected ${known}`, {
      details: { got: name },
      cause,
    })
  }
  if (!(cause instanceof SyntaxError)) return diskError(`cannot read ${name}`, cause, 'unreadable')
  return new ServerError('badGenesis', `bad genesis ${name}, byte ${at}: ${message}`, {
    details: { file: name, at },
    cause,
  })
}
