/**
 * A scope: the wanted part of a state. Accounts and slots name the scope. Every node on the ways down to them belongs
 * to the scope, also where the nodes prove absence. A scope is written as a sorted list of entries:
 *
 * - 64 nibbles: an account, without its storage,
 * - 64 nibbles and `*`: an account with all of its storage,
 * - 128 nibbles: a slot, and its account.
 */
import { KEY_NIBBLES, MAX_PATH_NIBBLES, type Path, ROOT_PATH } from './path.ts'

/** The mark for all storage of an account, behind the account's key. Sorts before every nibble. */
const ALL_STORAGE = '*'

const ENTRY = /^(?:[0-9a-f]{64}\*?|[0-9a-f]{128})$/

export class Scope {
  /** The whole state. */
  static readonly ALL = new Scope(null)

  /** The sorted entries; `null`: everything. */
  readonly entries: readonly string[] | null

  private constructor(entries: readonly string[] | null) {
    this.entries = entries
  }

  /** Returns the scope of `entries`, in any order and with repetitions; `null`: everything. */
  static of(entries: readonly string[] | null): Scope {
    if (entries === null) return Scope.ALL
    const all = new Set(entries)
    const sorted = [...all].sort()
    return new Scope(sorted.filter((entry, i) => !isImplied(entry, sorted[i + 1], all)))
  }

  /** Returns the entry for an account (`key` is 64 nibbles). `storage` names all of its storage, `slot` one slot. */
  static account(key: Path): string {
    return key
  }

  static storage(key: Path): string {
    return key + ALL_STORAGE
  }

  static slot(accountKey: Path, slotKey: Path): string {
    return accountKey + slotKey
  }

  get isAll(): boolean {
    return this.entries === null
  }

  /** True if the node at `path` is wanted. */
  includes(path: Path): boolean {
    if (this.entries === null || path === ROOT_PATH) return true
    const entry = this.entries[this.#indexOf(path)]
    // The nodes of the account trie are above 64 nibbles: at 64, the account's storage begins.
    if (entry?.startsWith(path) === true && (path.length !== KEY_NIBBLES || entry !== path)) return true
    return path.length >= KEY_NIBBLES && this.#has(path.slice(0, KEY_NIBBLES) + ALL_STORAGE)
  }

  /** True if the account with this key (64 nibbles) is wanted, with or without its storage. */
  includesAccount(key: Path): boolean {
    return this.entries === null || this.entries[this.#indexOf(key)]?.startsWith(key) === true
  }

  /** True if everything at and below `path` is wanted. */
  includesSubtree(path: Path): boolean {
    if (this.entries === null) return true
    return path.length >= KEY_NIBBLES && this.#has(path.slice(0, KEY_NIBBLES) + ALL_STORAGE)
  }

  /** True if this scope wants every node at and below `path` that `other` wants. */
  contains(other: Scope, path: Path): boolean {
    if (this.includesSubtree(path)) return true
    if (other.includesSubtree(path)) return false
    return other.#below(path).every((entry) => {
      if (entry.length === KEY_NIBBLES) return this.includesAccount(entry as Path)
      return this.#has(entry) || this.#has(entry.slice(0, KEY_NIBBLES) + ALL_STORAGE)
    })
  }

  equals(other: Scope): boolean {
    if (this.entries === null || other.entries === null) return this.entries === other.entries
    return this.entries.length === other.entries.length && this.entries.every((entry, i) => entry === other.entries![i])
  }

  /** Returns at most `limit` wanted keys at and below `path`: 64 nibbles of an account, 128 of a slot. */
  keysBelow(path: Path, limit: number): Path[] {
    return this.#below(path, limit).map((entry) => entry.replace(ALL_STORAGE, '') as Path)
  }

  /** Returns at most `limit` entries at and below `path`; none for the scope of everything. */
  #below(path: Path, limit = Number.POSITIVE_INFINITY): string[] {
    const { entries } = this
    const below: string[] = []
    if (entries === null) return below
    for (let i = this.#indexOf(path); below.length < limit && entries[i]?.startsWith(path) === true; i++) {
      below.push(entries[i]!)
    }
    return below
  }

  #has(entry: string): boolean {
    return this.entries?.[this.#indexOf(entry)] === entry
  }

  /** Returns the index of the first entry at or after `text`. */
  #indexOf(text: string): number {
    const entries = this.entries ?? []
    let low = 0
    let high = entries.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (entries[middle]! < text) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** True if `value` is an array of well-formed entries, as {@link Scope.of} writes them. Order is not checked. */
export function isScopeEntries(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string' && ENTRY.test(entry))
}

/** True if the next entry says the same and more, or if another entry wants all storage of the account. */
function isImplied(entry: string, next: string | undefined, all: ReadonlySet<string>): boolean {
  if (entry.length === KEY_NIBBLES) return next?.startsWith(entry) === true
  return entry.length === MAX_PATH_NIBBLES && all.has(entry.slice(0, KEY_NIBBLES) + ALL_STORAGE)
}
