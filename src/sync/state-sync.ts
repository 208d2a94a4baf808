/**
 * The loop of one sync. While anything is pending, the loop writes verified data and asks peers for missing data. Then
 * the loop waits for an answer, a peer that connects or leaves, a read of the disk, or the end. The loop has no clock,
 * network or disk of its own, and starts nothing before `run`.
 *
 * DIFF FROM GETH: the sync never aborts because all peers failed. A sync without usable peers is stalled, says why, and
 * goes on by itself.
 */
import { bytesToHex } from '@noble/hashes/utils.js'
import { type ErrorDetails, isRootlightError } from '../runtime/error.ts'
import type { Path } from '../trie/path.ts'
import { findInSequence } from '../trie/sequence.ts'
import { Committer } from './committer.ts'
import {
  CONNECT_GRACE_MS,
  LOOSE_INTERVAL_MS,
  PROGRESS_INTERVAL_MS,
  RETRY_EMPTY_MS,
  SLICE_BYTES,
  SLICE_MS,
} from './constants.ts'
import { DiskReads } from './disk-reads.ts'
import { SyncError } from './errors.ts'
import { type PauseReason, RateMeter, type StallReason, type SyncPhase, type SyncProgress } from './progress.ts'
import { type Answer, type OpenRequest, Requests } from './requests.ts'
import { Scheduler } from './scheduler.ts'
import type { StateSyncOptions } from './state-sync-options.ts'
import { StoragePause } from './storage-pause.ts'
import { takeAnswer } from './take-answer.ts'
import { Timers } from './timers.ts'

/** The reasons of a stalled sync with no peer to ask. */
const WITHOUT_PEERS: ReadonlySet<StallReason | PauseReason> = new Set(['noPeers', 'loadFailed'])

export class StateSync {
  readonly #options: StateSyncOptions
  readonly #requests: Requests
  readonly #committer: Committer
  readonly #reads: DiskReads
  readonly #storage: StoragePause
  readonly #rates: RateMeter
  readonly #timers: Timers
  /** The scheduler; `null` until the contents of the disk are known. */
  #scheduler: Scheduler | null = null
  #phase: SyncPhase = 'connecting'
  #reason: StallReason | PauseReason | null = null
  #fraction = 0
  #startedAt = 0
  /** The last time the thread was free for other work. */
  #sliceStart = 0
  #hadPeers = false
  #retryTimer = false
  /** Nodes and codes verified when the sync stalled. */
  #stalledAt = 0
  /** The reason why the sync has to end early. */
  #ending: SyncError | null = null
  #awake = false
  #wakeSleeper: () => void = () => {}

  constructor(options: StateSyncOptions) {
    const { root, peers, clock, isYielding, trace } = options
    this.#options = options
    this.#timers = new Timers(clock)
    this.#rates = new RateMeter(clock)
    this.#requests = new Requests({ root, peers, clock, isYielding, trace, onChange: () => this.#wake() })
    this.#reads = new DiskReads({
      disk: options.disk,
      leaf: options.leaf,
      onChange: () => this.#wake(),
      onDamaged: (error) => options.onDamaged?.(error),
      onError: (error) => this.#meetReadError(error),
    })
    this.#storage = new StoragePause({
      clock,
      estimate: options.estimateStorage ?? (async () => ({ usage: null, quota: null })),
      onPaused: (error) => options.onPaused?.(error),
      onDue: () => this.#wake(),
    })
    this.#committer = new Committer(options.disk, (cause) => {
      if (cause === undefined) this.#endPause()
      else if (!this.#pauseIfFull(cause))
        this.#fail(new SyncError('storeFailed', 'what was verified could not be written', { cause }))
      this.#wake()
    })
  }

  /**
   * Runs the sync, once. Resolves when everything is on disk and the generation is complete. Rejects with `badRoot`,
   * `storeFailed`, or the error given to {@link cancel}. By then verified data is on disk, as far as the disk allows.
   */
  async run(): Promise<SyncProgress> {
    this.#startedAt = this.#options.clock.now()
    const stopListening = this.#options.peers.onChange(() => this.#wake())
    try {
      await this.#loop()
      this.#phase = 'complete'
    } catch (cause) {
      this.#phase = 'failed'
      throw cause instanceof SyncError ? cause : new SyncError('storeFailed', 'the store failed', { cause })
    } finally {
      stopListening()
      this.#requests.stop()
      this.#storage.end()
      this.#timers.stop()
      this.#reason = null
      this.#tellProgress()
    }
    return this.progress()
  }

  /** Ends the sync with `error`, after writing verified data. `run` rejects. A second call changes nothing. */
  cancel(error: SyncError): void {
    this.#fail(error)
  }

  /** Wakes the loop to look for new requests: the conditions have changed. */
  nudge(): void {
    this.#wake()
  }

  /** Tries the disk again at once, if the sync is paused because the disk is full. There may be room again. */
  resume(): void {
    this.#storage.hurry()
  }

  /** Starts to write verified nodes that fill no page yet: the tab may close soon. */
  keep(): void {
    if (this.#scheduler !== null && !this.#storage.isFull) this.#committer.startLoose(this.#scheduler)
  }

  /** Takes nodes fetched and checked elsewhere, where they fill gaps. */
  offer(nodes: readonly { readonly path: Path; readonly hash: Uint8Array; readonly blob: Uint8Array }[]): void {
    try {
      const taken = nodes.filter((node) => this.#scheduler?.offer(node))
      if (taken.length > 0) this.#wake()
    } catch (error) {
      this.#meetReadError(error)
    }
  }

  /** Takes a code fetched and checked elsewhere. */
  offerCode(hash: Uint8Array, bytes: Uint8Array): void {
    if (this.#scheduler?.codes.offer(bytesToHex(hash), bytes) === true) this.#wake()
  }

  /** The state of this target, for checks; `null` before the disk has answered. Read only. */
  get scheduler(): Scheduler | null {
    return this.#scheduler
  }

  /** Returns the open requests, for checks. Read only. */
  openRequests(): Iterable<OpenRequest> {
    return this.#requests.open()
  }

  progress(): SyncProgress {
    const { root, peers, generation } = this.#options
    const scheduler = this.#scheduler
    const connected = [...peers.connected()].length
    const counts = scheduler?.counts ?? { nodes: 0, bytes: 0, accounts: 0, slots: 0 }
    const codes = scheduler?.codes.counts ?? { count: 0, bytes: 0 }
    const bytes = counts.bytes + codes.bytes
    const rates = this.#rates.sample(counts.nodes, bytes)
    if (scheduler !== null)
      this.#fraction = Math.max(this.#fraction, Math.min(scheduler.fraction(), 1 - Number.EPSILON))
    const isComplete = this.#phase === 'complete'
    const eta = rates.bytesPerSecond > 0 ? ((scheduler?.missingBytes() ?? 0) / rates.bytesPerSecond) * 1000 : null
    return {
      phase: this.#phase,
      reason: this.#reason,
      details: connected === 0 ? this.#loadDetails() : null,
      ...counts,
      bytes,
      codes: codes.count,
      pending: scheduler?.pending ?? 1,
      peers: connected,
      ...rates,
      fraction: isComplete ? 1 : this.#fraction,
      etaMs: isComplete ? 0 : eta,
      wireBytes: this.#options.receivedBytes?.() ?? this.#requests.receivedBytes,
      root: `0x${bytesToHex(root)}`,
      generation: generation(),
    }
  }

  /** Returns 4,096 cells, 0 to 1: the key space by its first three nibbles. */
  coverage(): Float32Array {
    return this.#scheduler?.coverage() ?? new Float32Array(4096)
  }

  /** Returns the node at `path` as a view, its hash unchecked, if in memory and perhaps not on disk yet. */
  find(path: Path): Uint8Array | undefined {
    const written = this.#committer.pages.find(({ start, end }) => start <= path && path < end)
    const sequence = written?.bytes ?? this.#scheduler?.sequenceAt(path)
    return sequence && findInSequence(sequence, path)
  }

  async #loop(): Promise<void> {
    let scheduler: Scheduler | null = await this.#begin()
    this.#timers.every(LOOSE_INTERVAL_MS, () => this.keep())
    this.#timers.every(PROGRESS_INTERVAL_MS, () => this.#tellProgress())
    this.#timers.after(CONNECT_GRACE_MS, () => this.#wake())
    while (scheduler !== null) scheduler = await this.#bring(scheduler)
  }

  /** Runs until nothing is pending, and everything is written. Returns as {@link #finish} does. */
  async #bring(scheduler: Scheduler): Promise<Scheduler | null> {
    let current = scheduler
    try {
      while (current.pending > 0) {
        if (this.#ending !== null) throw this.#ending
        if (this.#reads.isOutdated && !this.#storage.isFull) current = await this.#beginAgain(current)
        this.#startWork(current)
        const answer = this.#requests.nextAnswer()
        if (answer !== undefined) {
          await this.#take(answer)
          await this.#breathe()
        } else {
          this.#judgeStall(current)
          await this.#sleep()
        }
      }
      return await this.#finish(current)
    } catch (error) {
      // The disk may fail again. The first error is the reason why the sync ends.
      await this.#committer.flush(current).catch(() => {})
      throw error
    }
  }

  /** Starts all possible writes, reads and requests. On a full disk, only tries the failed write again, when due. */
  #startWork(scheduler: Scheduler): void {
    if (this.#storage.isFull) {
      if (this.#storage.takeTurn()) this.#committer.startAll(scheduler)
      return
    }
    this.#committer.start(scheduler)
    this.#reads.start(scheduler)
    this.#requests.assign(scheduler, this.#committer.bytes)
  }

  /**
   * Writes the rest, then marks the generation as complete; repeats until both fit on the disk. Returns `null` if
   * complete. Else damage was found since the nodes were stored, and there is more to fetch.
   */
  async #finish(scheduler: Scheduler): Promise<Scheduler | null> {
    for (;;) {
      try {
        await this.#committer.flush(scheduler)
        await this.#options.disk.complete()
        return null
      } catch (error) {
        if (isRootlightError(error, 'incomplete')) return await this.#goOn(error)
        if (!this.#pauseIfFull(error)) throw error
      }
      // Another write may have found room and ended the pause.
      while (this.#storage.isFull && !this.#storage.takeTurn()) {
        if (this.#ending !== null) throw this.#ending
        await this.#sleep()
      }
    }
  }

  /**
   * Begins again, because the stored state is incomplete. Throws `error` if nothing is known to be missing: a bug of
   * ours.
   */
  async #goOn(error: unknown): Promise<Scheduler> {
    this.#endPause() // everything waiting has been written
    const scheduler = await this.#begin()
    if (scheduler.pending === 0) throw error
    return scheduler
  }

  async #begin(): Promise<Scheduler> {
    const { root, disk, keccak, leaf, pageBytes } = this.#options
    const contents = await disk.contents()
    this.#scheduler = new Scheduler({ root, keccak, contents, leaf, pageBytes })
    return this.#scheduler
  }

  /** Reads the contents of the disk again, after a damaged page was dropped: its paths are gaps again. */
  async #beginAgain(scheduler: Scheduler): Promise<Scheduler> {
    try {
      await this.#committer.flush(scheduler)
    } catch (error) {
      // The verified data is not on disk: keep the scheduler, and begin again when there is room.
      if (this.#pauseIfFull(error)) return scheduler
      throw error
    }
    this.#reads.renew()
    return this.#begin()
  }

  /** Verifies an answer in slices, yielding by the clock, and reports the outcome to the peer. */
  async #take(answer: Answer): Promise<void> {
    const lie = await takeAnswer(answer, {
      scheduler: this.#scheduler!,
      keccak: this.#options.keccak,
      sliceBytes: this.#options.sliceBytes ?? SLICE_BYTES,
      goOn: () => this.#goOnTaking(),
    })
    const { peer, bytes, elapsedMs } = answer
    this.#options.trace?.('sync', 'answered', { peer: peer.id, bytes, elapsedMs, lie })
    answer.settle()
    if (lie !== null) peer.report({ kind: 'lie', reason: lie })
    else if (bytes === 0) peer.report({ kind: 'empty' })
    else peer.report({ kind: 'useful', bytes, elapsedMs })
  }

  /** Between slices: starts more work if the thread was free in between. Returns false if the sync has to end. */
  async #goOnTaking(): Promise<boolean> {
    if (!(await this.#breathe())) return true
    if (this.#ending !== null) return false
    this.#startWork(this.#scheduler!)
    return true
  }

  /** Lets the thread do other work if this slice has been long enough. Returns true if so. */
  async #breathe(): Promise<boolean> {
    const { clock, yieldThread } = this.#options
    if (clock.now() - this.#sliceStart < SLICE_MS) return false
    await yieldThread()
    this.#sliceStart = clock.now()
    return true
  }

  /** syncing ⇄ stalled: data is missing, but no request is in flight and none can be sent. */
  #judgeStall(scheduler: Scheduler): void {
    if (this.#storage.isFull) return
    const peers = [...this.#options.peers.connected()]
    this.#hadPeers ||= peers.length > 0
    const verified = scheduler.counts.nodes + scheduler.codes.counts.count
    if (!this.#requests.idle || !this.#reads.idle) {
      // Peers that had nothing are asked again from time to time: the stall ends when one of them has something.
      const stillHasNothing = this.#reason !== null && !WITHOUT_PEERS.has(this.#reason) && verified === this.#stalledAt
      if (!stillHasNothing) this.#setPhase('syncing', null)
      return
    }
    this.#stalledAt = verified
    const waited = this.#options.clock.now() - this.#startedAt >= CONNECT_GRACE_MS
    const isWaiting = !this.#hadPeers && !waited && this.#loadDetails() === null
    if (peers.length === 0 && isWaiting) return
    if (peers.length === 0 && this.#options.isOnline?.() === false) {
      this.#setPhase('paused', null)
      return
    }
    if (scheduler.gaps.size === 0 && this.#committer.bytes === 0 && this.#reads.dropStrayCodes()) return
    const reason = this.#stallReason(scheduler, peers)
    if (this.#setPhase('stalled', reason)) this.#options.onStalled?.(reason, this.#loadDetails())
    if (peers.length > 0 && !this.#retryTimer) {
      this.#retryTimer = true
      this.#timers.after(RETRY_EMPTY_MS, () => {
        this.#retryTimer = false
        this.#requests.forgive(this.#scheduler!)
        this.#wake()
      })
    }
  }

  #stallReason(scheduler: Scheduler, peers: readonly { mayHave(root: Uint8Array): boolean }[]): StallReason {
    if (peers.length === 0) return this.#loadDetails() === null ? 'noPeers' : 'loadFailed'
    const able = peers.filter((peer) => peer.mayHave(this.#options.root))
    // A peer without the root's node does not have the root.
    if (able.length === 0 || scheduler.counts.nodes === 0) return 'rootUnavailable'
    return 'noProgress'
  }

  /** Returns the details of the code that could not be loaded, without which no peer is dialed; `null`: none. */
  #loadDetails(): ErrorDetails | null {
    return this.#options.loadFailure?.()?.details ?? null
  }

  /** any → paused, if `error` says that the disk is full. Returns true if so. */
  #pauseIfFull(error: unknown): boolean {
    if (!isRootlightError(error, 'quotaExceeded')) return false
    this.#storage.begin(error)
    this.#setPhase('paused', 'storageFull')
    return true
  }

  /** paused → syncing: the failed writes are on disk now. */
  #endPause(): void {
    if (!this.#storage.isFull) return
    this.#storage.end()
    this.#setPhase('syncing', null)
  }

  /** Sets phase and reason. Returns true if either changed. */
  #setPhase(phase: 'syncing' | 'stalled' | 'paused', reason: StallReason | PauseReason | null): boolean {
    const changed = phase !== this.#phase || reason !== this.#reason
    this.#phase = phase
    this.#reason = reason
    if (!changed) return false
    this.#options.trace?.('sync', phase, { reason, ...this.#peerCounts() })
    this.#tellProgress()
    return true
  }

  #peerCounts(): { readonly peers: number; readonly able: number } {
    const peers = [...this.#options.peers.connected()]
    return { peers: peers.length, able: peers.filter((peer) => peer.mayHave(this.#options.root)).length }
  }

  #tellProgress(): void {
    this.#options.onProgress?.(this.progress())
  }

  #meetReadError(cause: unknown): void {
    if (cause instanceof SyncError) this.#fail(cause)
    else if (!this.#pauseIfFull(cause)) this.#fail(new SyncError('storeFailed', 'a page could not be read', { cause }))
  }

  #fail(error: SyncError): void {
    this.#ending ??= error
    this.#wake()
  }

  #wake(): void {
    this.#awake = true
    this.#wakeSleeper()
  }

  /** Waits for the next {@link #wake}. Returns at once if one came since the last sleep. */
  async #sleep(): Promise<void> {
    if (!this.#awake) {
      await new Promise<void>((resolve) => {
        this.#wakeSleeper = resolve
      })
      this.#sliceStart = this.#options.clock.now()
    }
    this.#awake = false
  }
}
