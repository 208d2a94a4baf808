/**
 * The state synced by a swarm. Keys are distributed like hashed keys, few accounts are contracts, storage sizes have a
 * long tail, and there is no code.
 */
import { bytesToHex } from '@noble/hashes/utils.js'
import { encodeSlot } from '../../trie/account.ts'
import type { Keccak } from '../../trie/keccak.ts'
import type { AccountLeaf } from '../build-state.ts'
import { type Random, seededRandom } from '../random.ts'
import { complete, type SimulatedState } from './states.ts'

const CONTRACT_SHARE = 0.15
const MAX_SLOTS = 500

/** Returns a state of `accounts` accounts, drawn from `seed`. */
export function swarmState(seed: number, accounts: number, keccak: Keccak): SimulatedState {
  const random = seededRandom(seed)
  const leaves = sortedKeys(random, accounts).map((key): AccountLeaf => {
    const account = { key, nonce: BigInt(random.int(300)), balance: BigInt(random.int(2 ** 31)) ** 2n }
    return random() < CONTRACT_SHARE ? { ...account, slots: slotsOf(random) } : account
  })
  return complete({ accounts: leaves, codes: new Map() }, keccak)
}

/**
 * Draws a contract's slots: Pareto with exponent 1, as in `src/server/synthetic.ts`. Half of the contracts have one
 * slot.
 */
function slotsOf(random: Random): (readonly [Uint8Array, Uint8Array])[] {
  const count = Math.min(MAX_SLOTS, Math.floor(1 / (1 - random())))
  return sortedKeys(random, count).map((key) => [key, encodeSlot(BigInt(1 + random.int(2 ** 31)) ** 5n)] as const)
}

function sortedKeys(random: Random, count: number): Uint8Array[] {
  const keys = Array.from({ length: count }, () => random.bytes(32))
  return keys.sort((a, b) => (bytesToHex(a) < bytesToHex(b) ? -1 : 1))
}
