/**
 * The state of a request. Two states can be known: the last complete one, and the target of the running sync. A request
 * must name one of the two: no answer ever comes from another state than the requested one.
 */
import { hexToBytes } from '@noble/hashes/utils.js'
import { isRootlightError } from '../../runtime/error.ts'
import { type BlockHeader, decodeHeader } from '../header.ts'
import { booleanOf, hashOf, quantityOf, recordOf } from './params.ts'
import { invalidParams, ProviderRpcError, RPC_CODE } from './rpc-error.ts'
import type { ProviderSource, SourceState, SourceStatus } from './source.ts'

export interface KnownState {
  readonly root: `0x${string}`
  readonly number: number | null
  readonly header: BlockHeader | null
  /** The RLP of the header. */
  readonly rlp: Uint8Array | null
}

/** The block named by a block parameter, as read by {@link blockParamOf}. */
export type BlockParam =
  | { readonly kind: 'latest' }
  | { readonly kind: 'number'; readonly number: bigint }
  | { readonly kind: 'hash'; readonly hash: string }
  | { readonly kind: 'tag'; readonly tag: string }

const TAGS: ReadonlySet<unknown> = new Set(['earliest', 'pending', 'safe', 'finalized'])

/**
 * Returns the block named by a tag, a number, a hash, or an object of EIP-1898. Left out: `latest`. Throws error
 * -32602.
 */
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
  // With both given, the intended block is ambiguous.
  if (blockHash != null && blockNumber != null)
    throw invalidParams('a block has a blockHash or a blockNumber, not both')
  return blockHash == null
    ? { kind: 'number', number: quantityOf(blockNumber) }
    : { kind: 'hash', hash: hashOf(blockHash) }
}

/** Error -32001: the request is about an unknown block. */
export class UnknownBlockError extends ProviderRpcError {
  constructor(message: string) {
    super(RPC_CODE.resourceNotFound, message)
  }
}

/** The source of known states: see `ProviderContext`. */
export interface StateFinder {
  readonly source: ProviderSource
  readonly settledStatus?: () => Promise<SourceStatus>
}

/**
 * Returns the state named by `param`. Like reads, waits until the target of a just requested sync is known. Rejects
 * with `UnknownBlockError` for an unknown block, and with 4900 before any state is known.
 */
export async function findState({ source, settledStatus }: StateFinder, param: BlockParam): Promise<KnownState> {
  const status = await source.status()
  // Without a complete state, the request is about the target, which may just have changed.
  const isOfTarget = status.complete === null
  const found = isOfTarget && settledStatus !== undefined ? null : stateIn(status, param)
  if (found !== null) return found
  // No wait is possible, or none helps: no new target ever has a tag.
  if (settledStatus === undefined || (param.kind === 'tag' && !isOfTarget))
    return stateIn(status, param) ?? refuse(status, param)
  const settled = await settledStatus().catch((error: unknown) => {
    if (isOfTarget || !isRootlightError(error, 'notSynced')) throw error
    return status // a missing header makes no other block known
  })
  return stateIn(settled, param) ?? refuse(settled, param)
}

/** Returns the known state named by `param`; `null` if there is none. */
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
