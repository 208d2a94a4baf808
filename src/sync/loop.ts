/**
 * The loop of one sync: while something is pending, write what is verified, ask peers for what is missing, and wait for
 * the first of an answer, a peer that comes or goes, a read of the disk, or the end. It has no clock, network or disk of
 * its own, and nothing in it starts before `run`.
 *
 * DIFF FROM GETH: nothing here aborts because all peers failed; the sync is stalled then, says why, and goes on by itself.
 */
import { bytesToHex } from '@noble/hashes/utils.js'
import type { ErrorDetails } from '../runtime/error.ts'
import { isRootlightError } from '../trie/error.ts'
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
import type { StateSyncOptions } from './loop-options.ts'
import { type PauseReason, RateMeter, type StallReason, type SyncPhase, type SyncProgress } from './progress.ts'
import { type Answer, type OpenRequest, Requests } from './requests.ts'
import { Scheduler } from './scheduler.ts'
import { StoragePause } from './storage-pause.ts'
import { takeAnswer } from './take-answer.ts'
import { Timers } from './timers.ts'

/** Why a sync is stalled that has nobody to ask. */
const WITHOUT_PEERS: ReadonlySet<StallReason | PauseReason> = new Set(['noPeers', 'loadFailed'])

export class StateSync {
  readonly #options: StateSyncOptions
  readonly #requests: Requests
  readonly #committer: Committer
  readonly #reads: DiskReads
  readonly #storage: StoragePause
  readonly #rates: RateMeter
  readonly #timers: Timers
  /** Before the disk has said what it holds there is none. */
  #scheduler: Scheduler | null = null
  #codes = { count: 0, bytes: 0 }
  #phase: SyncPhase = 'connecting'
  #reason: StallReason | PauseReason | null = null
  #fraction = 0
  #startedAt = 0
  /** When the thread was last free for others. */
  #sliceStart = 0
  #hadPeers = false
  #retryTimer = false
  /** Nodes and codes that were verified when the sync stalled. */
  #stalledAt = 0
  /** Why the sync has to end before its time. */
  #ending: SyncError | null = null
  #awake = false
  #wakeSleeper: () => void = () => {}

  constructor(options: StateSyncOptions) {
    const { root, peers, clock, isYielding } = options
    this.#options = options
    this.#timers = new Timers(clock)
    this.#rates = new RateMeter(clock)
    this.#requests = new Requests({ root, peers, clock, isYielding, onChange: () => this.#wake() })
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
   * Runs to the end, once: resolves when everything is on disk and the generation is complete. Rejects with `badRoot`,
   * `storeFailed`, or with what {@link cancel} was given; what was verified is on disk then, as far as the disk allows.
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

  /** Ends the sync with `error`, after what is verified was written. `run` rejects. A second call changes nothing. */
  cancel(error: SyncError): void {
    this.#fail(error)
  }

  /** Looks again at what can be asked for: the surroundings have changed. */
  nudge(): void {
    this.#wake()
  }

  /** There may be room on the disk again: a sync that is paused for want of it tries at once. */
  resume(): void {
    this.#storage.hurry()
  }

  /** Begins to write what is verified and fits no page yet: the tab may be gone soon. */
  keep(): void {
    if (this.#scheduler !== null && !this.#storage.isFull) this.#committer.startLoose(this.#scheduler)
  }

  /** Takes nodes that somebody else has fetched and checked, where they fill gaps. */
  offer(nodes: readonly { readonly path: Path; readonly hash: Uint8Array; readonly blob: Uint8Array }[]): void {
    try {
      const taken = nodes.filter((node) => this.#scheduler?.offer(node))
      if (taken.length > 0) this.#wake()
    } catch (error) {
      this.#meetReadError(error)
    }
  }

  /** The same for a code. */
  offerCode(hash: Uint8Array, bytes: Uint8Array): void {
    if (this.#scheduler?.codes.offer(bytesToHex(hash), bytes) !== true) return
    this.#countCode(bytes.length)
    this.#wake()
  }

  /** What this target knows and lacks, for checks; `null` before the disk has answered. Read only. */
  get scheduler(): Scheduler | null {
    return this.#scheduler
  }

  /** What is asked for now, for checks. Read only. */
  openRequests(): Iterable<OpenRequest> {
    return this.#requests.open()
  }

  progress(): SyncProgress {
    const { root, peers, generation } = this.#options
    const scheduler = this.#scheduler
    const connected = [...peers.connected()].length
    const counts = scheduler?.counts ?? { nodes: 0, bytes: 0, accounts: 0, slots: 0 }
    const bytes = counts.bytes + this.#codes.bytes
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
      codes: this.#codes.count,
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

  /** 4,096 cells, 0 to 1: the key space by its first three nibbles. */
  coverage(): Float32Array {
    return this.#scheduler?.coverage() ?? new Float32Array(4096)
  }

  /** A node at `path` that is in memory and may not be on disk yet, its hash unchecked; a view. */
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

  /** Until nothing is pending, and all of it is written. Returns as {@link #finish} does. */
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
      // A disk that has failed already may well fail again; why the sync ends is the first reason.
      await this.#committer.flush(current).catch(() => {})
      throw error
    }
  }

  /** Writes, reads and asks for what can be; on a full disk there is nothing but to try again what did not fit. */
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
   * Writes what is left, and then that it is everything: as often as it takes to fit. `null`: complete. Else something was
   * found damaged since it was stored, and there is more to bring.
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
      // Another write that was under way may have found room, and ended the pause.
      while (this.#storage.isFull && !this.#storage.takeTurn()) {
        if (this.#ending !== null) throw this.#ending
        await this.#sleep()
      }
    }
  }

  /** What is stored is incomplete: throws `error` if nothing is known to be missing, which is our bug. */
  async #goOn(error: unknown): Promise<Scheduler> {
    this.#endPause() // all that waited has been written
    const scheduler = await this.#begin()
    if (scheduler.pending === 0) throw error
    return scheduler
  }

  async #begin(): Promise<Scheduler> {
    const { root, disk, keccak, leaf, pageBytes } = this.#options
    const contents = await disk.contents()
    this.#codes = { ...contents.codeCounts }
    this.#scheduler = new Scheduler({ root, keccak, contents, leaf, pageBytes })
    return this.#scheduler
  }

  /** A damaged page was dropped: what it covered is a gap again, and only the disk's own contents say where. */
  async #beginAgain(scheduler: Scheduler): Promise<Scheduler> {
    try {
      await this.#committer.flush(scheduler)
    } catch (error) {
      // What is verified is not on disk: it stays where it is, and this is done when there is room.
      if (this.#pauseIfFull(error)) return scheduler
      throw error
    }
    this.#reads.renew()
    return this.#begin()
  }

  /** Verifies an answer in slices, yielding by the clock, and tells the peer what came of it. */
  async #take(answer: Answer): Promise<void> {
    const lie = await takeAnswer(answer, {
      scheduler: this.#scheduler!,
      keccak: this.#options.keccak,
      sliceBytes: this.#options.sliceBytes ?? SLICE_BYTES,
      goOn: () => this.#goOnTaking(),
      onCode: (bytes) => this.#countCode(bytes),
    })
    answer.settle()
    if (lie !== null) answer.peer.report({ kind: 'lie', reason: lie })
    else if (answer.bytes === 0) answer.peer.report({ kind: 'empty' })
    else answer.peer.report({ kind: 'useful', bytes: answer.bytes, elapsedMs: answer.elapsedMs })
  }

  /** Between slices: asks for more while there is something else to do. False: the sync has to end. */
  async #goOnTaking(): Promise<boolean> {
    if (!(await this.#breathe())) return true
    if (this.#ending !== null) return false
    this.#startWork(this.#scheduler!)
    return true
  }

  #countCode(bytes: number): void {
    this.#codes.count++
    this.#codes.bytes += bytes
  }

  /** Lets the thread do other work if this slice has been long enough. True: it did. */
  async #breathe(): Promise<boolean> {
    const { clock, yieldThread } = this.#options
    if (clock.now() - this.#sliceStart < SLICE_MS) return false
    await yieldThread()
    this.#sliceStart = clock.now()
    return true
  }

  /** syncing ⇄ stalled: nothing is in flight, nothing could be asked for, and something is missing. */
  #judgeStall(scheduler: Scheduler): void {
    if (this.#storage.isFull) return
    const peers = [...this.#options.peers.connected()]
    this.#hadPeers ||= peers.length > 0
    const verified = scheduler.counts.nodes + this.#codes.count
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
    // Whoever does not even have the root's node does not have the root.
    if (able.length === 0 || scheduler.counts.nodes === 0) return 'rootUnavailable'
    return 'noProgress'
  }

  /** What could not be loaded, without which no peer is dialed; `null`: nothing. */
  #loadDetails(): ErrorDetails | null {
    return this.#options.loadFailure?.()?.details ?? null
  }

  /** any → paused, if `error` says that the disk is full. */
  #pauseIfFull(error: unknown): boolean {
    if (!isRootlightError(error, 'quotaExceeded')) return false
    this.#storage.begin(error)
    this.#setPhase('paused', 'storageFull')
    return true
  }

  /** paused → syncing: what did not fit is on disk. */
  #endPause(): void {
    if (!this.#storage.isFull) return
    this.#storage.end()
    this.#setPhase('syncing', null)
  }

  /** True: that is news. */
  #setPhase(phase: SyncPhase, reason: StallReason | PauseReason | null): boolean {
    const changed = phase !== this.#phase || reason !== this.#reason
    this.#phase = phase
    this.#reason = reason
    if (changed) this.#tellProgress()
    return changed
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

  /** Waits for the next {@link #wake}, also one that came before. */
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
