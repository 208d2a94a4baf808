/**
 * The page's memory across reloads, in `localStorage`: the fields, and the last picture of the sync. The memory is for
 * the eye only. The library finds the verified state on disk; see `restore` in main.ts.
 */
import { CELLS } from './keyspace.ts'
import type { TokenConfig } from './peer-config.ts'
import type { ShownProgress } from './progress-view.ts'
import type { Kept } from './scope.ts'

/** The page's memory. */
export interface Memory {
  readonly peers: string
  readonly root: string
  /** `null` if never known. */
  readonly chainId: number | null
  readonly token: TokenConfig | null
  readonly isWatchedOnly: boolean
  readonly progress: ShownProgress | null
  /** The complete part of the state. */
  readonly kept: Kept | null
  /** {@link CELLS} values, 0 to 1. */
  readonly coverage: readonly number[]
}

const KEY = 'rootlight-demo'
const NOTHING: Memory = {
  peers: '',
  root: '',
  chainId: null,
  token: null,
  isWatchedOnly: false,
  progress: null,
  kept: null,
  coverage: [],
}

/** The used part of a `Storage`. Every method may throw. */
export type PageStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

/**
 * Returns `localStorage`. Where the browser forbids it, returns a storage without any memory: with site data blocked,
 * even naming `localStorage` throws.
 */
export function openStorage(): PageStorage {
  try {
    const storage: Storage | null = globalThis.localStorage
    if (storage !== null) return storage
  } catch {
    // Forbidden: the page works without a memory.
  }
  return { getItem: () => null, setItem: () => {}, removeItem: () => {} }
}

/** Returns the memory of the last {@link remember}, or an empty one. */
export function recall(storage: PageStorage): Memory {
  try {
    const memory = JSON.parse(storage.getItem(KEY) ?? 'null') as
      | (Omit<Memory, 'coverage'> & { coverage: string })
      | null
    return memory === null ? NOTHING : { ...NOTHING, ...memory, coverage: unpack(memory.coverage) }
  } catch {
    // Storage may be forbidden, or hold text of another version of this page: both mean "nothing remembered".
    return NOTHING
  }
}

/** Replaces the memory. */
export function remember(storage: PageStorage, memory: Memory): void {
  try {
    storage.setItem(KEY, JSON.stringify({ ...memory, coverage: pack(memory.coverage) }))
  } catch {
    // Full or forbidden: the page works without a memory.
  }
}

/** Forgets everything. */
export function forget(storage: PageStorage): void {
  try {
    storage.removeItem(KEY)
  } catch {
    // Forbidden: nothing was remembered.
  }
}

/** Packs each cell into a letter, `a` to `q`: 4 kB instead of 20. */
function pack(coverage: readonly number[]): string {
  return coverage.map((value) => String.fromCharCode(0x61 + Math.round(value * 16))).join('')
}

function unpack(text: string): number[] {
  if (!new RegExp(`^[a-q]{${CELLS}}$`).test(text)) return []
  return Array.from(text, (letter) => (letter.charCodeAt(0) - 0x61) / 16)
}
