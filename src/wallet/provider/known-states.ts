/**
 * Which state a request is about. Two can be known: the last that was complete, and the one that is being synced. Whatever a
 * request names must be one of them: nothing is ever answered from another state than the one that was asked for.
 */
import { hexToBytes } from '@noble/hashes/utils.js'
import { isRootlightError } from '../../trie/error.ts'
import { type BlockHeader, decodeHeader } from '../header.ts'
import { booleanOf, hashOf, quantityOf, recordOf } from './params.ts'
import { invalidParams, ProviderRpcError, RPC_CODE } from './rpc-error.ts'
import type { ProviderSource, SourceState, SourceStatus } from './source.ts'

export interface KnownState {
  readonly root: `0x${string}`
  readonly number: number | null
  readonly header: BlockHeader | null
  /** Of the header. */
  readonly rlp: Uint8Array | null
}

/** What a block parameter names; as {@link blockParamOf} reads it. */
export type BlockParam =
  | { readonly kind: 'latest' }
  | { readonly kind: 'number'; readonly number: bigint }
  | { readonly kind: 'hash'; readonly hash: string }
  | { readonly kind: 'tag'; readonly tag: string }

const TAGS: ReadonlySet<unknown> = new Set(['earliest', 'pending', 'safe', 'finalized'])

/** A tag, a number, a hash, or an object of EIP-1898; left out: `latest`. Throws error -32602. */
export function blockParamOf(value: unknown): BlockParam {
  if (value === undefined || value === null || value === 'latest') return { kind: 'latest' }
  if (TAGS.has(value)) return { kind: 'tag', tag: value as string }
  if (typeof value === 'object') return objectParamOf(value)
  return typeof value === 'string' && value.length === 66
    ? { kind: 'hash', hash: hashOf(value) }
    : { kind: 'number', number: quantityOf(value) }
}

function objectParamOf(value: object): BlockParam {
  const { blockHash, blockNumber, requireCanonical } = recordOf(
    value,
    'a block is a tag, a number, a hash or an object',
  )
  if (requireCanonical !== undefined) booleanOf(requireCanonical)
  // Which of the two counts is nobody's to guess.
  if (blockHash != null && blockNumber != null)
    throw invalidParams('a block has a blockHash or a blockNumber, not both')
  return blockHash == null
    ? { kind: 'number', number: quantityOf(blockNumber) }
    : { kind: 'hash', hash: hashOf(blockHash) }
}

/** Error -32001: what was asked is about a block that is none of those that are known. */
export class UnknownBlockError extends ProviderRpcError {
  constructor(message: string) {
    super(RPC_CODE.resourceNotFound, message)
  }
}

/** Who knows states: see `ProviderContext`. */
export interface StateFinder {
  readonly source: ProviderSource
  readonly settledStatus?: () => Promise<SourceStatus>
}

/**
 * The state that `param` names. Rejects with `UnknownBlockError` if it is none of those that are known, and with 4900 before any
 * is. What a sync that was just asked for is about is waited for, as reads do.
 */
export async function findState({ source, settledStatus }: StateFinder, param: BlockParam): Promise<KnownState> {
  const status = await source.status()
  // Nothing is complete: then it is about what is to be synced, and that may just have become another state.
  const isOfTarget = status.complete === null
  const found = isOfTarget && settledStatus !== undefined ? null : stateIn(status, param)
  if (found !== null) return found
  // A tag will name none of them either.
  if (settledStatus === undefined || (param.kind === 'tag' && !isOfTarget))
    return stateIn(status, param) ?? refuse(status, param)
  const settled = await settledStatus().catch((error: unknown) => {
    if (isOfTarget || !isRootlightError(error, 'notSynced')) throw error
    return status // a header that is not found makes no other block known
  })
  return stateIn(settled, param) ?? refuse(settled, param)
}

/** `null`: it is none of those. */
function stateIn({ complete, target }: SourceStatus, param: BlockParam): KnownState | null {
  if (param.kind === 'latest') {
    const latest = complete ?? target
    return latest && knownState(latest)
  }
  const found = knownStates({ complete, target }).find(({ number, header }) => {
    if (param.kind === 'number') return number !== null && BigInt(number) === param.number
    return param.kind === 'hash' && header?.hash === param.hash
  })
  return found ?? null
}

function knownStates({ complete, target }: SourceStatus): readonly KnownState[] {
  return [complete, target].flatMap((state) => (state === null ? [] : [knownState(state)]))
}

function refuse(status: SourceStatus, param: BlockParam): never {
  const known = knownStates(status)
  if (known.length > 0) throw new UnknownBlockError(refusal(param, known))
  throw new ProviderRpcError(RPC_CODE.disconnected, 'no state is known yet: sync a root or a block first')
}

function knownState({ root, blockNumber, header }: SourceState): KnownState {
  const rlp = header === null ? null : hexToBytes(header.slice(2))
  return { root: root as `0x${string}`, number: blockNumber, header: rlp && decodeHeader(rlp), rlp }
}

function refusal(param: BlockParam, known: readonly KnownState[]): string {
  const names = new Set(known.map(nameOf))
  return `the state of ${askedFor(param)} is not here; what is: ${[...names].join(' (latest), ')}`
}

function askedFor(param: BlockParam): string {
  switch (param.kind) {
    case 'latest':
      return 'the latest block'
    case 'tag':
      return `the block "${param.tag}"`
    case 'number':
      return `block ${param.number}`
    case 'hash':
      return `block ${param.hash}`
  }
}

function nameOf({ root, number, header }: KnownState): string {
  if (header !== null) return `block ${header.number} ${header.hash}`
  return number === null ? `the root ${root}` : `block ${number}`
}
