/** The options of one scheduler: its target, and the contents of the disk. */
import type { Keccak } from '../trie/keccak.ts'
import type { LeafCallback } from '../trie/leaf.ts'
import type { Contents } from './disk.ts'

export interface SchedulerOptions {
  /** 32 bytes. */
  readonly root: Uint8Array
  readonly keccak: Keccak
  readonly contents: Contents
  /** Reads the refs in an account's leaf; left out: a plain trie, without storage and codes. */
  readonly leaf?: LeafCallback | undefined
  /** Bytes of a page; `MAX_PAGE_BYTES` if left out. */
  readonly pageBytes?: number | undefined
}
