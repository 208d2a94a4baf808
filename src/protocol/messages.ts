/** The messages of the protocol as plain values. `encode.ts`, `decode.ts` and SPEC.md describe their bytes. */
import type { NodeRequest, WayRequest } from '../trie/node-source.ts'
import { END, type Position, ROOT_PATH } from '../trie/path.ts'
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

/** The message codes: the first item of each message. */
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

/** The limits that the sender of a Status accepts as a responder. Each is at least 1. */
export interface Limits {
  readonly maxResponseBytes: number
  readonly maxRefs: number
  readonly maxHashes: number
  readonly maxOpenRequests: number
}

/**
 * The limits of a responder without a reason for others.
 * @internal exported for tests
 */
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

/** The coverage of a peer with the whole state. */
export const EVERYTHING: readonly Span[] = [{ start: ROOT_PATH, end: END }]

/**
 * A state that a peer can answer for. `root` is 32 bytes; `coverage` is in order, without overlaps. Empty coverage:
 * nothing yet.
 */
export interface RootStatus {
  readonly root: Uint8Array
  readonly blockNumber: number
  readonly coverage: readonly Span[]
}

/** A peer's description of itself. `chainId` 0: of no particular chain, or of several. */
export interface Status {
  readonly chainId: number
  readonly roots: readonly RootStatus[]
  readonly limits: Limits
}

/**
 * Returns the Status of a peer of the chain `chainId`, with the usual limits. The peer answers for `roots`; none: the
 * peer only asks.
 */
export function statusOf(chainId: number, roots: readonly RootStatus[] = []): Status {
  return { chainId, roots, limits: DEFAULT_LIMITS }
}

/**
 * A request of runs of the state under `root`. `maxBytes` is the budget of the answer; the last node may exceed the
 * budget.
 */
interface GetNodes {
  readonly kind: 'getNodes'
  readonly id: number
  readonly root: Uint8Array
  readonly maxBytes: number
  readonly refs: readonly NodeRequest[]
}

/** A request of ways through the state under `root`. */
interface GetPaths {
  readonly kind: 'getPaths'
  readonly id: number
  readonly root: Uint8Array
  readonly maxBytes: number
  readonly refs: readonly WayRequest[]
}

/** A request of bytecodes by hash. */
interface GetCode {
  readonly kind: 'getCode'
  readonly id: number
  readonly maxBytes: number
  readonly hashes: readonly Uint8Array[]
}

/** A request of block headers by hash. */
interface GetHeader {
  readonly kind: 'getHeader'
  readonly id: number
  readonly maxBytes: number
  readonly hashes: readonly Uint8Array[]
}

/**
 * An answer with an item (a run, a way, a code, a header) for each ref or hash, in order. Empty item: the peer does not
 * have it. Fewer items: the budget was used up.
 */
export interface Answer {
  readonly kind: 'nodes' | 'paths' | 'code' | 'header'
  readonly id: number
  readonly items: Uint8Array[]
}

export type Request = GetNodes | GetPaths | GetCode | GetHeader
export type Message = { readonly kind: 'status'; readonly status: Status } | Request | Answer

/** The kind of answer to each kind of request. */
export const ANSWER_KIND = { getNodes: 'nodes', getPaths: 'paths', getCode: 'code', getHeader: 'header' } as const

/** Bytes beyond the budget for each kind of answer: the item begun within the budget. */
export const SLACK_BYTES = {
  nodes: NODE_SLACK_BYTES,
  paths: PATH_SLACK_BYTES,
  code: MAX_CODE_BYTES,
  header: MAX_HEADER_BYTES,
} as const satisfies Record<Answer['kind'], number>

/**
 * Returns the largest size of one item when `left` bytes of the budget are left. For codes and headers the protocol's
 * maximum applies instead.
 */
export function maxItemBytes(kind: Answer['kind'], left: number): number {
  return kind === 'code' || kind === 'header' ? SLACK_BYTES[kind] : left + SLACK_BYTES[kind]
}

/** Returns the number of requested items: the refs or the hashes. */
export function countWanted(request: Request): number {
  return 'hashes' in request ? request.hashes.length : request.refs.length
}
