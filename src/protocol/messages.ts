/** The messages of the protocol as plain values; how they look as bytes is in `encode.ts`, `decode.ts` and SPEC.md. */
import type { Ref } from '../trie/node-source.ts'
import { END, type Path, type Position, ROOT_PATH } from '../trie/path.ts'
import {
  MAX_CODE_BYTES,
  MAX_HASHES,
  MAX_HEADER_BYTES,
  MAX_OPEN_REQUESTS,
  MAX_REFS,
  MAX_RESPONSE_BYTES,
  NODE_SLACK_BYTES,
  PATH_SLACK_BYTES,
} from './constants.ts'

/** The first item of each message. */
export const MESSAGE_CODE = {
  status: 0,
  getNodes: 1,
  nodes: 2,
  getPaths: 3,
  paths: 4,
  getCode: 5,
  code: 6,
  getHeader: 7,
  header: 8,
} as const

/** What the sender of a Status accepts from whoever asks it. Each is at least 1. */
export interface Limits {
  readonly maxResponseBytes: number
  readonly maxRefs: number
  readonly maxHashes: number
  readonly maxOpenRequests: number
}

/** The limits of a responder that has no reason for others. */
export const DEFAULT_LIMITS: Limits = {
  maxResponseBytes: MAX_RESPONSE_BYTES,
  maxRefs: MAX_REFS,
  maxHashes: MAX_HASHES,
  maxOpenRequests: MAX_OPEN_REQUESTS,
}

/** A stretch `[start, end)` of the path order. */
export interface Span {
  readonly start: Position
  readonly end: Position
}

/** The coverage of a peer that has a state in full. */
export const EVERYTHING: readonly Span[] = [{ start: ROOT_PATH, end: END }]

/** A state that a peer can answer for. `root` is 32 bytes; `coverage` is in order, without overlaps; empty: nothing yet. */
export interface RootStatus {
  readonly root: Uint8Array
  readonly blockNumber: number
  readonly coverage: readonly Span[]
}

/** What a peer says about itself. `chainId` 0: of no particular chain, or of several. */
export interface Status {
  readonly chainId: number
  readonly roots: readonly RootStatus[]
  readonly limits: Limits
}

/** The Status of a peer of the chain `chainId` that answers for `roots` (none: it only asks), with the usual limits. */
export function statusOf(chainId: number, roots: readonly RootStatus[] = []): Status {
  return { chainId, roots, limits: DEFAULT_LIMITS }
}

/** A node that is asked for. `maxNodes` 0: a run of any length; 1: this node alone. */
export interface NodeRequest extends Ref {
  readonly maxNodes: number
}

/** A way down: from the ref (`path`, `hash`) along `key`, a full path of 64 or 128 nibbles that begins with `path`. */
export interface PathRequest extends Ref {
  readonly key: Path
}

/** Runs of the state under `root`; `maxBytes` is the budget of the answer, which its last node may pass. */
export interface GetNodes {
  readonly kind: 'getNodes'
  readonly id: number
  readonly root: Uint8Array
  readonly maxBytes: number
  readonly refs: readonly NodeRequest[]
}

/** Ways down through the state under `root`. */
export interface GetPaths {
  readonly kind: 'getPaths'
  readonly id: number
  readonly root: Uint8Array
  readonly maxBytes: number
  readonly refs: readonly PathRequest[]
}

/** Bytecodes by their hashes. */
export interface GetCode {
  readonly kind: 'getCode'
  readonly id: number
  readonly maxBytes: number
  readonly hashes: readonly Uint8Array[]
}

/** Block headers by their hashes. */
export interface GetHeader {
  readonly kind: 'getHeader'
  readonly id: number
  readonly maxBytes: number
  readonly hashes: readonly Uint8Array[]
}

/** An answer: an item (a run, a way, a code, a header) for each that was asked for, in order; empty: don't have it; fewer: budget. */
export interface Answer {
  readonly kind: 'nodes' | 'paths' | 'code' | 'header'
  readonly id: number
  readonly items: Uint8Array[]
}

export type Request = GetNodes | GetPaths | GetCode | GetHeader
export type Message = { readonly kind: 'status'; readonly status: Status } | Request | Answer

/** The kind of the answer to each kind of request. */
export const ANSWER_KIND = { getNodes: 'nodes', getPaths: 'paths', getCode: 'code', getHeader: 'header' } as const

/** What an answer of each kind may pass its budget by: the item that was begun within it. */
export const SLACK_BYTES = {
  nodes: NODE_SLACK_BYTES,
  paths: PATH_SLACK_BYTES,
  code: MAX_CODE_BYTES,
  header: MAX_HEADER_BYTES,
} as const satisfies Record<Answer['kind'], number>

/** What one item of an answer may have where `left` bytes of the budget are left: no larger code or header can be carried. */
export function maxItemBytes(kind: Answer['kind'], left: number): number {
  return kind === 'code' || kind === 'header' ? SLACK_BYTES[kind] : left + SLACK_BYTES[kind]
}

/** How many items a request asks for: its refs or its hashes. */
export function countWanted(request: Request): number {
  return 'hashes' in request ? request.hashes.length : request.refs.length
}
