/** Open gaps by hash. Storage tries repeat (the same contract, the same slots), and one answer fills all of them. */
import { equalHash } from '../trie/keccak.ts'
import type { Gap } from './frontier-items.ts'

export class Twins {
  // By the first four bytes of the hash: numbers are found faster than strings, and every node needs a look-up.
  readonly #byPrefix = new Map<number, Gap[]>()

  add(gap: Gap): void {
    const prefix = prefixOf(gap.hash, 0)
    const gaps = this.#byPrefix.get(prefix)
    if (gaps === undefined) this.#byPrefix.set(prefix, [gap])
    else gaps.push(gap)
  }

  delete(gap: Gap): void {
    const prefix = prefixOf(gap.hash, 0)
    const gaps = this.#byPrefix.get(prefix)
    if (gaps === undefined) return
    if (gaps.length === 1) this.#byPrefix.delete(prefix)
    else gaps.splice(gaps.indexOf(gap), 1)
  }

  /** True if there may be a gap with the hash at `bytes[offset, offset + 32)`. False is certain. */
  mayHave(bytes: Uint8Array, offset: number): boolean {
    return this.#byPrefix.has(prefixOf(bytes, offset))
  }

  /** Returns the gaps with this hash, in a new list. */
  of(hash: Uint8Array): Gap[] {
    return (this.#byPrefix.get(prefixOf(hash, 0)) ?? []).filter((gap) => equalHash(gap.hash, hash))
  }

  /** True if another gap with the same hash is in flight. */
  isAsked(gap: Gap): boolean {
    const gaps = this.#byPrefix.get(prefixOf(gap.hash, 0))
    return gaps?.some((twin) => twin !== gap && twin.inFlight > 0 && equalHash(twin.hash, gap.hash)) ?? false
  }
}

function prefixOf(bytes: Uint8Array, offset: number): number {
  return bytes[offset]! * 0x1000000 + (bytes[offset + 1]! << 16) + (bytes[offset + 2]! << 8) + bytes[offset + 3]!
}
