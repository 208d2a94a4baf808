/** One sync of the real engine in the hands of a test: peers in memory, a clock standing still, a store in memory. */

import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { expect } from 'vitest'
import type { LoadError } from '../runtime/lazy-part.ts'
import type { Trace } from '../runtime/trace.ts'
import { createMemoryStore, type StateStore } from '../store/state-store.ts'
import type { Disk } from '../sync/disk.ts'
import type { SyncError } from '../sync/errors.ts'
import type { StallReason, SyncProgress } from '../sync/progress.ts'
import { StateSync } from '../sync/state-sync.ts'
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
  /** The errors reported when a full disk paused the sync. */
  readonly pauses: SyncError[]
  readonly progress: SyncProgress[]
  /** Result or error of `run`; `undefined` while pending. */
  outcome: SyncProgress | SyncError | undefined
}

/** Conditions a test may change while the sync runs. */
export interface Surroundings {
  isOnline: boolean
  loadFailure?: LoadError | null
}

export interface StartOptions {
  /** If absent: an empty store. */
  readonly store?: StateStore
  /** The wanted part of the state. If absent: all of the state. */
  readonly scope?: Scope
  readonly surroundings?: Surroundings
  /** If absent: a clock standing at 0. */
  readonly clock?: ManualClock
  /** Wraps the disk of the sync. */
  readonly bendDisk?: (disk: Disk) => Disk
  readonly trace?: Trace
}

/** The state to bring to the store. */
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
    trace,
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
    trace,
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

/** Moves time on until the sync has ended, at most one minute. */
export async function finishSync(run: Run): Promise<Run> {
  for (let ms = 0; ms < 60_000 && run.outcome === undefined; ms += 500) await run.clock.pass(500)
  return run
}

/**
 * Expects every node and code of `target` in the store, and reads from its root. `written` is the number of nodes
 * absent from all older states, or `null` if unknown.
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

/** Returns the kinds of outcome reported to `peer`. */
export const kindsOf = (peer: TestPeer) => new Set(peer.reports.map((report) => report.kind))

/** Returns the bytes of all nodes and codes of a state. */
export function bytesOf({ sequence, codes }: PeerState): number {
  const blobs = [...sequence.map(([, blob]) => blob), ...codes.values()]
  return blobs.reduce((sum, blob) => sum + blob.length, 0)
}
