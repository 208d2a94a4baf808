/**
 * Decodes frames to messages, as SPEC.md describes. Nothing is copied: hashes, runs and codes are views of the frame.
 * Counts are checked during the decoding, so no message creates more values than allowed.
 */

import type { NodeRequest, WayRequest } from '../trie/node-source.ts'
import { pathOfKey } from '../trie/path.ts'
import { MAX_HASHES, MAX_REFS, MAX_STATUS_ROOTS, MAX_STATUS_SPANS, PROTOCOL_VERSION } from './constants.ts'
import { malformed, violation } from './error.ts'
import {
  type Answer,
  type Limits,
  MESSAGE_CODE,
  type Message,
  type RootStatus,
  type Span,
  type Status,
} from './messages.ts'
import { decodePath, decodePosition } from './path-code.ts'
import { RlpView } from './rlp-view.ts'

const MAX_U32 = 2 ** 32 - 1

/**
 * Decodes one frame, without the prefix. Throws `ProtocolError`: `malformedMessage`, `tooManyItems`, `unknownMessage`
 * or `unsupportedVersion`.
 */
export function decodeMessage(frame: Uint8Array): Message {
  const outer = new RlpView(frame)
  const body = outer.list()
  outer.finish()
  const message = decodeBody(body)
  body.finish()
  return message
}

function decodeBody(body: RlpView): Message {
  const code = body.integer(0, MAX_U32)
  const id = code === MESSAGE_CODE.status ? body.integer(0, 0) : body.integer(1, MAX_U32)
  switch (code) {
    case MESSAGE_CODE.status:
      return { kind: 'status', status: decodeStatus(body) }
    case MESSAGE_CODE.getNodes:
      return { kind: 'getNodes', id, root: body.fixed(32), maxBytes: budget(body), refs: refs(body, nodeRequest) }
    case MESSAGE_CODE.getPaths:
      return { kind: 'getPaths', id, root: body.fixed(32), maxBytes: budget(body), refs: refs(body, wayRequest) }
    case MESSAGE_CODE.getCode:
      return { kind: 'getCode', id, maxBytes: budget(body), hashes: hashes(body) }
    case MESSAGE_CODE.getHeader:
      return { kind: 'getHeader', id, maxBytes: budget(body), hashes: hashes(body) }
    case MESSAGE_CODE.nodes:
      return answer('nodes', id, body, MAX_REFS)
    case MESSAGE_CODE.paths:
      return answer('paths', id, body, MAX_REFS)
    case MESSAGE_CODE.code:
      return answer('code', id, body, MAX_HASHES)
    case MESSAGE_CODE.header:
      return answer('header', id, body, MAX_HASHES)
    default:
      throw violation('unknownMessage', 'no message has this code', { got: code })
  }
}

function decodeStatus(body: RlpView): Status {
  const version = body.integer(0, MAX_U32)
  if (version !== PROTOCOL_VERSION) {
    throw violation('unsupportedVersion', 'another version of the protocol', {
      got: version,
      expected: PROTOCOL_VERSION,
    })
  }
  const chainId = body.integer(0, Number.MAX_SAFE_INTEGER)
  // The limit counts the spans of all roots together.
  let spansLeft = MAX_STATUS_SPANS
  const roots = collect(body.list(), MAX_STATUS_ROOTS, (items): RootStatus => {
    const fields = items.list()
    const root = fields.fixed(32)
    const blockNumber = fields.integer(0, Number.MAX_SAFE_INTEGER)
    const coverage = decodeCoverage(fields.list(), spansLeft)
    fields.finish()
    spansLeft -= coverage.length
    return { root, blockNumber, coverage }
  })
  return { chainId, roots, limits: decodeLimits(body.list()) }
}

function decodeCoverage(spans: RlpView, maxSpans: number): Span[] {
  let last: string | undefined
  return collect(spans, maxSpans, (items) => {
    const fields = items.list()
    const start = decodePosition(fields.string())
    const end = decodePosition(fields.string())
    fields.finish()
    if (start >= end) throw malformed(`a span ends behind its start, got ${start} to ${end}`)
    if (last !== undefined && start <= last) throw malformed(`spans are in order and apart, got ${start} after ${last}`)
    last = end
    return { start, end }
  })
}

function decodeLimits(fields: RlpView): Limits {
  const limits = {
    maxResponseBytes: fields.integer(1, MAX_U32),
    maxRefs: fields.integer(1, MAX_U32),
    maxHashes: fields.integer(1, MAX_U32),
    maxOpenRequests: fields.integer(1, MAX_U32),
  }
  fields.finish()
  return limits
}

function budget(body: RlpView): number {
  return body.integer(1, MAX_U32)
}

function refs<T>(body: RlpView, read: (fields: RlpView) => T): T[] {
  return atLeastOne(
    collect(body.list(), MAX_REFS, (items) => {
      const fields = items.list()
      const ref = read(fields)
      fields.finish()
      return ref
    }),
  )
}

function nodeRequest(fields: RlpView): NodeRequest {
  return { path: decodePath(fields.string()), hash: fields.fixed(32), maxNodes: fields.integer(0, MAX_U32) }
}

function wayRequest(fields: RlpView): WayRequest {
  const path = decodePath(fields.string())
  const hash = fields.fixed(32)
  const keyBytes = fields.string()
  if (keyBytes.length !== 32 && keyBytes.length !== 64) throw malformed('a key has 32 or 64 bytes')
  const key = pathOfKey(keyBytes)
  if (!key.startsWith(path)) throw malformed(`a key begins with the path of its ref, got ${key} below ${path}`)
  return { path, hash, key }
}

function hashes(body: RlpView): Uint8Array[] {
  return atLeastOne(collect(body.list(), MAX_HASHES, (items) => items.fixed(32)))
}

function answer(kind: Answer['kind'], id: number, body: RlpView, maxItems: number): Answer {
  return { kind, id, items: collect(body.list(), maxItems, (items) => items.string()) }
}

/** Reads the items of a list, at most `most`. */
function collect<T>(items: RlpView, most: number, read: (items: RlpView) => T): T[] {
  const values: T[] = []
  while (!items.done) {
    if (values.length === most) throw violation('tooManyItems', 'a list has more items than it may', { expected: most })
    values.push(read(items))
  }
  return values
}

function atLeastOne<T>(values: T[]): T[] {
  if (values.length === 0) throw malformed('a request asks for something')
  return values
}
