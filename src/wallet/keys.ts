/** The keys of what is read. Apart from `input.ts`, which the window needs as well: it loads no keccak where a worker does. */
import { keccak256 } from '../trie/keccak.ts'
import type { SlotNumber } from './input.ts'
import { parseAddress, parseSlot } from './parse.ts'

/** keccak-256 of an address: its key in the state. Throws `badAddress`. */
export function keyOfAddress(address: string): Uint8Array {
  return keccak256(parseAddress(address))
}

/** keccak-256 of a slot's 32 bytes: its key in the storage trie. Throws `badSlot`. */
export function keyOfSlot(slot: SlotNumber): Uint8Array {
  return keccak256(parseSlot(slot))
}
