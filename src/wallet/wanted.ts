/** What a read may miss, and how it is asked for, weighed and checked. */
import { bytesToHex } from '@noble/hashes/utils.js'
import type { SyncPeer, WayRequest } from '../sync/peer.ts'
import { equalHash, type Keccak } from '../trie/keccak.ts'
import { KEY_NIBBLES } from '../trie/path.ts'
import { checkWay, type WayNode } from '../trie/way.ts'
import { CODE_BYTES, HEADER_BYTES, WAY_BYTES } from './constants.ts'

export interface WantedWay extends WayRequest {
  readonly kind: 'way'
  readonly root: Uint8Array
}

export interface WantedCode {
  readonly kind: 'code'
  readonly hash: Uint8Array
}

/** A block's header, by its hash. */
export interface WantedHeader {
  readonly kind: 'header'
  readonly hash: Uint8Array
}

export type Wanted = WantedWay | WantedCode | WantedHeader

/** What a peer's answer comes to: what was wanted, as the caller's own, or why it is a lie. */
export type Checked = { readonly value: readonly WayNode[] | Uint8Array } | { readonly lie: string }

/** Equal things have equal keys. */
export function keyOf(wanted: Wanted): string {
  if (wanted.kind !== 'way') return `${wanted.kind} ${bytesToHex(wanted.hash)}`
  return `${wanted.path} ${wanted.key} ${bytesToHex(wanted.root)}`
}

/** Names it in a message. A way is named by the hashed key that it leads to; whoever knows the address adds it. */
export function nameOf({ kind, ...wanted }: Wanted): string {
  if (!('key' in wanted)) return `the ${kind} with hash 0x${bytesToHex(wanted.hash)}`
  const { key, root } = wanted
  const [account, slot] = [key.slice(0, KEY_NIBBLES), key.slice(KEY_NIBBLES)]
  const what = slot === '' ? 'the account' : `the slot with hashed key 0x${slot} of the account`
  return `${what} with hashed key 0x${account} in the state 0x${bytesToHex(root)}`
}

/** What has the same name may share a request. */
export function groupOf(wanted: Wanted): string {
  return wanted.kind !== 'way' ? wanted.kind : `ways under 0x${bytesToHex(wanted.root)}`
}

/** The budget for one of them. */
export function bytesOf({ kind }: Wanted): number {
  return { way: WAY_BYTES, code: CODE_BYTES, header: HEADER_BYTES }[kind]
}

/** False once `peer` has said that it does not have it. */
export function mayHave(peer: SyncPeer, wanted: Wanted): boolean {
  return wanted.kind !== 'way' || peer.mayHave(wanted.root)
}

/** Asks for some of one group, at least one. */
export function askFor(
  peer: SyncPeer,
  wanted: readonly Wanted[],
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array[]> {
  const [first] = wanted
  if (first?.kind === 'way') return peer.getPaths(first.root, wanted as readonly WantedWay[], maxBytes, signal)
  const hashes = wanted.map(({ hash }) => hash)
  return first?.kind === 'code' ? peer.getCode(hashes, maxBytes, signal) : peer.getHeader(hashes, maxBytes, signal)
}

/** Looks at a peer's answer, which is not empty. */
export function check(wanted: Wanted, bytes: Uint8Array, keccak: Keccak): Checked {
  if (wanted.kind === 'way') {
    const { nodes, lie } = checkWay(wanted, wanted.key, bytes, keccak)
    return lie === null ? { value: nodes } : { lie }
  }
  return equalHash(keccak.digest(bytes), wanted.hash) ? { value: bytes.slice() } : { lie: 'wrongHash' }
}
