/** One sync of the real engine in the hands of a test: peers in memory, a clock that stands still, a store that forgets. */

import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { expect } from 'vitest'
import type { LoadError } from '../runtime/lazy-part.ts'
import { createMemoryStore, type StateStore } from '../store/state-store.ts'
import type { Disk } from '../sync/disk.ts'
import type { SyncError } from '../sync/errors.ts'
import { StateSync } from '../sync/loop.ts'
import type { StallReason, SyncProgress } from '../sync/progress.ts'
import { nobleKeccak } from '../trie/keccak.ts'
import { scanAccount } from '../trie/leaf.ts'
import { ROOT_PATH } from '../trie/path.ts'
import type { Scope } from '../trie/scope.ts'
import { ManualClock } from './manual-clock.ts'
import { type PeerState, type TestPeer, TestPeers } from './peers.ts'

export interface Run {
  readonly sync: StateSync
  readonly store: StateStore
  readonly clock: ManualClock
  readonly peers: TestPeers
  readonly stalls: StallReason[]
  /** What a full disk was told with. */
  readonly pauses: SyncError[]
  readonly progress: SyncProgress[]
  /** What `run` came to; `undefined` while it is pending. */
  outcome: SyncProgress | SyncError | undefined
}

/** What a test may change while the sync runs. */
export interface Surroundings {
  isOnline: boolean
  loadFailure?: LoadError | null
}

export interface StartOptions {
  /** Left out: an empty one. */
  readonly store?: StateStore
  /** Which part of the state is wanted; left out: all of it. */
  readonly scope?: Scope
  readonly surroundings?: Surroundings
  /** Left out: one that stands at 0. */
  readonly clock?: ManualClock
  /** Stands between the sync and its disk. */
  readonly bendDisk?: (disk: Disk) => Disk
}

/** What a sync has to bring to the store. */
export interface Target extends PeerState {
  /** 32 bytes. */
  readonly root: Uint8Array
}

/** Starts a sync of `root` with these peers. */
export async function startSync(
  root: Uint8Array,
  peers: readonly TestPeer[],
  options: StartOptions = {},
): Promise<Run> {
  const {
    scope,
    store = createMemoryStore(),
    clock = new ManualClock(),
    surroundings,
    bendDisk = (disk) => disk,
  } = options
  const disk = await store.target({ root, scope })
  const set = new TestPeers(...peers)
  const stalls: StallReason[] = []
  const pauses: SyncError[] = []
  const progress: SyncProgress[] = []
  const sync = new StateSync({
    root,
    generation: () => disk.number,
    disk: bendDisk(disk),
    peers: set,
    keccak: nobleKeccak,
    leaf: scanAccount,
    clock,
    yieldThread: async () => {},
    isOnline: () => surroundings?.isOnline ?? true,
    loadFailure: () => surroundings?.loadFailure ?? null,
    estimateStorage: async () => ({ usage: 900, quota: 1000 }),
    onStalled: (reason) => stalls.push(reason),
    onPaused: (error) => pauses.push(error),
    onProgress: (told) => progress.push(told),
  })
  const run: Run = { sync, store, clock, peers: set, stalls, pauses, progress, outcome: undefined }
  sync.run().then(
    (summary) => {
      run.outcome = summary
    },
    (error) => {
      run.outcome = error
    },
  )
  return run
}

/** Moves the time until the sync has ended, a minute at most. */
export async function finishSync(run: Run): Promise<Run> {
  for (let ms = 0; ms < 60_000 && run.outcome === undefined; ms += 500) await run.clock.pass(500)
  return run
}

/**
 * Every node and code of `target` is stored, and reads have moved to its root. `written`: how many of its nodes no older
 * state had; `null`: nobody knows.
 */
export async function expectStored(
  { store, outcome }: Run,
  { root, sequence, codes }: Target,
  written: number | null = sequence.length,
): Promise<void> {
  expect(outcome).toMatchObject({ phase: 'complete', fraction: 1, pending: 0 })
  if (written !== null) expect(outcome).toMatchObject({ nodes: written })
  expect(store.lastComplete()).toMatchObject({ root, intact: true })
  const all = await store.source().run(root, { path: ROOT_PATH, hash: root }, 0, Number.MAX_SAFE_INTEGER)
  expect(bytesToHex(all)).toBe(sequence.map(([, blob]) => bytesToHex(blob)).join(''))
  for (const [hash, code] of codes) expect(await store.code(hexToBytes(hash))).toEqual(code)
}

/** The kinds of outcome that were reported to `peer`. */
export const kindsOf = (peer: TestPeer) => new Set(peer.reports.map((report) => report.kind))

/** Bytes of everything in `target`. */
export function bytesOf({ sequence, codes }: PeerState): number {
  const blobs = [...sequence.map(([, blob]) => blob), ...codes.values()]
  return blobs.reduce((sum, blob) => sum + blob.length, 0)
}
