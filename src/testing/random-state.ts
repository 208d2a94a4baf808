/**
 * Small random states with rare shapes. Keys share long prefixes (nodes at every depth, extensions), slots are small
 * enough to be embedded, accounts share storage tries and code.
 */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { encodeSlot } from '../trie/account.ts'
import { keccak256 } from '../trie/keccak.ts'
import type { AccountLeaf } from './build-state.ts'
import type { Random } from './random.ts'

export interface RandomState {
  readonly accounts: readonly AccountLeaf[]
  /** By hash, hex digits. */
  readonly codes: ReadonlyMap<string, Uint8Array>
}

type Slots = readonly (readonly [Uint8Array, Uint8Array])[]

export function randomState(random: Random, count: number): RandomState {
  const pool = [1, 3, 20].map((slots) => randomSlots(random, slots))
  const codePool = [1, 60, 3000].map((length) => random.bytes(length))
  const codes = new Map<string, Uint8Array>()
  const accounts = uniqueKeys(random, count, 57).map((key): AccountLeaf => {
    const code = random() < 0.3 ? random.pick(codePool) : undefined
    if (code !== undefined) codes.set(bytesToHex(keccak256(code)), code)
    const kind = random()
    const slots = kind < 0.2 ? random.pick(pool) : kind < 0.35 ? randomSlots(random, 1 + random.int(25)) : []
    const nonce = BigInt(random.int(300))
    const balance = BigInt(random.int(2 ** 31)) ** BigInt(random.int(3))
    return { key, nonce, balance, slots, ...(code === undefined ? {} : { codeHash: keccak256(code) }) }
  })
  return { accounts, codes }
}

/** Returns a later state of the same chain: `changes` accounts are changed, added or gone. */
export function mutatedState(random: Random, state: RandomState, changes: number): RandomState {
  const accounts = new Map(state.accounts.map((account) => [bytesToHex(account.key), account]))
  const { accounts: fresh, codes } = randomState(random, changes)
  for (const other of fresh) {
    const old = random.pick(state.accounts)
    const kind = random()
    if (kind < 0.2 && accounts.size > 1) accounts.delete(bytesToHex(old.key))
    else if (kind < 0.4) accounts.set(bytesToHex(other.key), other)
    else if (kind < 0.7) accounts.set(bytesToHex(old.key), { ...old, balance: other.balance, nonce: old.nonce + 1n })
    else accounts.set(bytesToHex(old.key), { ...old, slots: other.slots ?? [] })
  }
  const sorted = [...accounts.keys()].sort().map((key) => accounts.get(key)!)
  const used = new Set(sorted.map(({ codeHash }) => codeHash && bytesToHex(codeHash)))
  const all = new Map([...state.codes, ...codes])
  return { accounts: sorted, codes: new Map([...all].filter(([hash]) => used.has(hash))) }
}

function randomSlots(random: Random, count: number): Slots {
  const value = () => encodeSlot(random() < 0.5 ? BigInt(1 + random.int(255)) : BigInt(1 + random.int(2 ** 31)) ** 8n)
  return uniqueKeys(random, count, 63).map((key) => [key, value()] as const)
}

/** Returns sorted 32-byte keys. Many share up to `maxShared` nibbles with another key. */
function uniqueKeys(random: Random, count: number, maxShared: number): Uint8Array[] {
  const keys = new Set<string>()
  let last = ''
  while (keys.size < count) {
    const fresh = bytesToHex(random.bytes(32))
    const shared = random() < 0.4 ? Math.min(last.length, random.int(maxShared + 1)) : 0
    last = last.slice(0, shared) + fresh.slice(shared)
    keys.add(last)
  }
  return [...keys].sort().map((key) => hexToBytes(key))
}
