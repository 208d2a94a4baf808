/** The hashed keys of accounts and slots. Apart from `input.ts`, so a window with a worker loads no keccak. */
import { keccak256 } from '../trie/keccak.ts'
import type { SlotNumber } from './input.ts'
import { parseAddress, parseSlot } from './parse.ts'

/** Returns the keccak-256 of an address: its key in the state. Throws `badAddress`. */
export function keyOfAddress(address: string): Uint8Array {
  return keccak256(parseAddress(address))
}

/** Returns the keccak-256 of a slot's 32 bytes: its key in the storage trie. Throws `badSlot`. */
export function keyOfSlot(slot: SlotNumber): Uint8Array {
  return keccak256(parseSlot(slot))
}
