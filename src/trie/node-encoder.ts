/**
 * RLP of trie nodes, written by hand: one allocation a node, of the exact size. The inverse of `node.ts`. An *item* is
 * what a node holds of a child: 32 bytes are its hash, fewer are the child itself, embedded.
 */
import { encodeHexPrefix } from './hex-prefix.ts'
import { HASH_BYTES } from './node.ts'
import type { Path } from './path.ts'

/** The bytes of a branch with these 16 items, by nibble. */
export function encodeBranch(children: readonly (Uint8Array | null)[]): Uint8Array {
  let payload = 1 // the value that a branch does not have
  for (const item of children) payload += item === null ? 1 : itemBytes(item)
  const blob = new Uint8Array(headerBytes(payload) + payload)
  let at = writeHeader(blob, 0, LIST, payload)
  for (const item of children) at = item === null ? writeEmpty(blob, at) : writeItem(blob, at, item)
  writeEmpty(blob, at)
  return blob
}

/** The bytes of an extension by `key` to the branch `item`. */
export function encodeExtension(key: Path, item: Uint8Array): Uint8Array {
  const prefix = encodeHexPrefix(key, false)
  const payload = stringBytes(prefix) + itemBytes(item)
  const blob = new Uint8Array(headerBytes(payload) + payload)
  writeItem(blob, writeString(blob, writeHeader(blob, 0, LIST, payload), prefix), item)
  return blob
}

/** The bytes of a leaf; `key` is what is left of it at the leaf's depth. */
export function encodeLeaf(key: Path, value: Uint8Array): Uint8Array {
  const prefix = encodeHexPrefix(key, true)
  const payload = stringBytes(prefix) + stringBytes(value)
  const blob = new Uint8Array(headerBytes(payload) + payload)
  writeString(blob, writeString(blob, writeHeader(blob, 0, LIST, payload), prefix), value)
  return blob
}

const STRING = 0x80
const LIST = 0xc0
/** Longer payloads tell the length of their length. */
const SHORT_PAYLOAD = 55

function itemBytes(item: Uint8Array): number {
  return item.length === HASH_BYTES ? HASH_BYTES + 1 : item.length
}

function writeItem(target: Uint8Array, at: number, item: Uint8Array): number {
  if (item.length === HASH_BYTES) return writeString(target, at, item)
  target.set(item, at)
  return at + item.length
}

function writeEmpty(target: Uint8Array, at: number): number {
  target[at] = STRING
  return at + 1
}

function isOwnEncoding(bytes: Uint8Array): boolean {
  return bytes.length === 1 && bytes[0]! < STRING
}

function stringBytes(bytes: Uint8Array): number {
  return isOwnEncoding(bytes) ? 1 : headerBytes(bytes.length) + bytes.length
}

function writeString(target: Uint8Array, at: number, bytes: Uint8Array): number {
  const start = isOwnEncoding(bytes) ? at : writeHeader(target, at, STRING, bytes.length)
  target.set(bytes, start)
  return start + bytes.length
}

function headerBytes(payload: number): number {
  let bytes = 1
  if (payload > SHORT_PAYLOAD) for (let rest = payload; rest > 0; rest = Math.floor(rest / 256)) bytes++
  return bytes
}

function writeHeader(target: Uint8Array, at: number, base: number, payload: number): number {
  if (payload <= SHORT_PAYLOAD) {
    target[at] = base + payload
    return at + 1
  }
  const end = at + headerBytes(payload)
  target[at] = base + SHORT_PAYLOAD + (end - at - 1)
  for (let rest = payload, i = end - 1; i > at; rest = Math.floor(rest / 256), i--) target[i] = rest & 0xff
  return end
}
