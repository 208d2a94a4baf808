/**
 * Encodes messages to frames, as SPEC.md describes. A small message is one buffer. An answer is a few headers and the
 * caller's buffers, sent without a copy: the caller must not write to these buffers afterwards.
 */
import { type NestedUint8Array, RLP } from '@ethereumjs/rlp'
import { bytesOf } from '../trie/integer.ts'
import { COPY_BELOW_BYTES, PROTOCOL_VERSION } from './constants.ts'
import { encodePrefix } from './frames.ts'
import { type Answer, MESSAGE_CODE, type Request, type Status } from './messages.ts'
import { encodePath, encodePosition } from './path-code.ts'

/** Returns the frame of a Status. */
export function encodeStatus({ chainId, roots, limits }: Status): Uint8Array[] {
  const { maxResponseBytes, maxRefs, maxHashes, maxOpenRequests } = limits
  return small([
    bytesOf(MESSAGE_CODE.status),
    bytesOf(0),
    bytesOf(PROTOCOL_VERSION),
    bytesOf(chainId),
    roots.map(({ root, blockNumber, coverage }) => [
      root,
      bytesOf(blockNumber),
      coverage.map(({ start, end }) => [encodePosition(start), encodePosition(end)]),
    ]),
    [maxResponseBytes, maxRefs, maxHashes, maxOpenRequests].map(bytesOf),
  ])
}

/** Returns the frame of a request. */
export function encodeRequest(request: Request): Uint8Array[] {
  const head = [bytesOf(MESSAGE_CODE[request.kind]), bytesOf(request.id)]
  const maxBytes = bytesOf(request.maxBytes)
  switch (request.kind) {
    case 'getNodes':
      return small([
        ...head,
        request.root,
        maxBytes,
        request.refs.map(({ path, hash, maxNodes }) => [encodePath(path), hash, bytesOf(maxNodes)]),
      ])
    case 'getPaths':
      return small([
        ...head,
        request.root,
        maxBytes,
        request.refs.map(({ path, hash, key }) => [encodePath(path), hash, encodePath(key).subarray(1)]),
      ])
    case 'getCode':
    case 'getHeader':
      return small([...head, maxBytes, [...request.hashes]])
    default:
      return request satisfies never
  }
}

/**
 * Returns the frame of an answer, in pieces. Items of {@link COPY_BELOW_BYTES} and more become pieces without a copy.
 */
export function encodeAnswer({ kind, id, items }: Answer): Uint8Array[] {
  const head = RLP.encode([bytesOf(MESSAGE_CODE[kind]), bytesOf(id)]).subarray(1)
  const itemBytes = items.reduce((sum, item) => sum + encodedBytes(item), 0)
  const bodyBytes = head.length + headerBytes(itemBytes) + itemBytes
  const prefix = encodePrefix(headerBytes(bodyBytes) + bodyBytes)
  const pieces = new PieceWriter(prefix.length + headerBytes(bodyBytes) + bodyBytes - referredBytes(items))
  pieces.copy(prefix)
  pieces.header(0xc0, bodyBytes)
  pieces.copy(head)
  pieces.header(0xc0, itemBytes)
  for (const item of items) {
    if (item.length !== 1 || item[0]! >= 0x80) pieces.header(0x80, item.length)
    if (item.length < COPY_BELOW_BYTES) pieces.copy(item)
    else pieces.refer(item)
  }
  return pieces.finish()
}

/** Copies headers and small items into one buffer of the exact size, and refers to large items in between. */
class PieceWriter {
  readonly #buffer: Uint8Array
  readonly #pieces: Uint8Array[] = []
  /** Ends in `#buffer`: of the bytes handed out as pieces, and of the bytes written. */
  #given = 0
  #at = 0

  constructor(copiedBytes: number) {
    this.#buffer = new Uint8Array(copiedBytes)
  }

  header(base: 0x80 | 0xc0, length: number): void {
    if (length < 56) {
      this.#buffer[this.#at++] = base + length
      return
    }
    const bytes = bytesOf(length)
    this.#buffer[this.#at++] = base + 55 + bytes.length
    this.copy(bytes)
  }

  copy(bytes: Uint8Array): void {
    this.#buffer.set(bytes, this.#at)
    this.#at += bytes.length
  }

  refer(bytes: Uint8Array): void {
    this.#giveCopied()
    this.#pieces.push(bytes)
  }

  finish(): Uint8Array[] {
    this.#giveCopied()
    return this.#pieces
  }

  #giveCopied(): void {
    if (this.#at > this.#given) this.#pieces.push(this.#buffer.subarray(this.#given, this.#at))
    this.#given = this.#at
  }
}

function small(message: NestedUint8Array): Uint8Array[] {
  const body = RLP.encode(message)
  return [encodePrefix(body.length), body]
}

/** Returns the header size of a list, or of a string of more than one byte. */
function headerBytes(length: number): number {
  return length < 56 ? 1 : 1 + bytesOf(length).length
}

function encodedBytes(item: Uint8Array): number {
  return item.length === 1 && item[0]! < 0x80 ? 1 : headerBytes(item.length) + item.length
}

function referredBytes(items: readonly Uint8Array[]): number {
  return items.reduce((sum, item) => sum + (item.length < COPY_BELOW_BYTES ? 0 : item.length), 0)
}
