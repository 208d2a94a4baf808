/** The scope of an application's addresses and slots, by their hashes as in the state. */
import { pathOfKey } from '../trie/path.ts'
import { Scope } from '../trie/scope.ts'
import type { ScopeInput } from './input.ts'
import { keyOfAddress, keyOfSlot } from './keys.ts'

/** Returns the scope: the whole state if neither accounts nor storage are given. Throws `badAddress` or `badSlot`. */
export function scopeOf({ accounts, storage }: ScopeInput): Scope {
  if (accounts === undefined && storage === undefined) return Scope.ALL
  const entries = (accounts ?? []).map((address) => Scope.account(pathOfKey(keyOfAddress(address))))
  for (const [address, slots] of Object.entries(storage ?? {})) {
    const key = pathOfKey(keyOfAddress(address))
    if (slots === 'all') entries.push(Scope.storage(key))
    else entries.push(Scope.account(key), ...slots.map((slot) => Scope.slot(key, pathOfKey(keyOfSlot(slot)))))
  }
  return Scope.of(entries)
}
