/** The data missing in a read (a way, a code or a header): how to ask for the data, its assumed size, and its check. */
import { bytesToHex } from '@noble/hashes/utils.js'
import type { SyncPeer } from '../sync/peer.ts'
import { checkWay, type WayNode } from '../trie/check-way.ts'
import { equalHash, type Keccak } from '../trie/keccak.ts'
import type { WayRequest } from '../trie/node-source.ts'
import { KEY_NIBBLES } from '../trie/path.ts'
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

/** The outcome of a check: the wanted data, owned by the caller, or the reason why an answer is a lie. */
export type Checked = { readonly value: readonly WayNode[] | Uint8Array } | { readonly lie: string }

/** Returns equal keys for equal wants. */
export function keyOf(wanted: Wanted): string {
  if (wanted.kind !== 'way') return `${wanted.kind} ${bytesToHex(wanted.hash)}`
  return `${wanted.path} ${wanted.key} ${bytesToHex(wanted.root)}`
}

/** Returns a name for messages. A way is named by its hashed key; a caller knowing the address adds the address. */
export function nameOf({ kind, ...wanted }: Wanted): string {
  if (!('key' in wanted)) return `the ${kind} with hash 0x${bytesToHex(wanted.hash)}`
  const { key, root } = wanted
  const [account, slot] = [key.slice(0, KEY_NIBBLES), key.slice(KEY_NIBBLES)]
  const what = slot === '' ? 'the account' : `the slot with hashed key 0x${slot} of the account`
  return `${what} with hashed key 0x${account} in the state 0x${bytesToHex(root)}`
}

/** Returns the name of a group. Wants of the same group may share a request. */
export function groupOf(wanted: Wanted): string {
  return wanted.kind !== 'way' ? wanted.kind : `ways under 0x${bytesToHex(wanted.root)}`
}

/** Returns the byte budget for one want. */
export function bytesOf({ kind }: Wanted): number {
  return { way: WAY_BYTES, code: CODE_BYTES, header: HEADER_BYTES }[kind]
}

/** Returns false if `peer` has said not to have the state of a way. */
export function mayHave(peer: SyncPeer, wanted: Wanted): boolean {
  return wanted.kind !== 'way' || peer.mayHave(wanted.root)
}

/** Asks `peer` for wants of one group, at least one. */
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

/** Checks a peer's answer, which is not empty. */
export function check(wanted: Wanted, bytes: Uint8Array, keccak: Keccak): Checked {
  if (wanted.kind === 'way') {
    const { nodes, lie } = checkWay(wanted, wanted.key, bytes, keccak)
    return lie === null ? { value: nodes } : { lie }
  }
  return equalHash(keccak.digest(bytes), wanted.hash) ? { value: bytes.slice() } : { lie: 'wrongHash' }
}
