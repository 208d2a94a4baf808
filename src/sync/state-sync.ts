/**
 * The loop of one sync. While anything is pending, the loop writes verified data and asks peers for missing data. Then
 * the loop waits for an answer, a peer that connects or leaves, a read of the disk, or the end. The loop has no clock,
 * network or disk of its own, and starts nothing before `run`.
 *
 * DIFF FROM GETH: the sync never aborts because all peers failed. A sync without usable peers is stalled, says why, and
 * goes on by itself.
 */
import { bytesToHex } from '@noble/hashes/utils.js'
import { isRootlightError } from '../runtime/error.ts'
import { WorkSlices } from '../runtime/work-slices.ts'
import type { Path } from '../trie/path.ts'
import { findInSequence } from '../trie/sequence.ts'
import type { OpenRequest, ReceivedAnswer } from './asked.ts'
import { Committer } from './committer.ts'
import { CONNECT_GRACE_MS, LOOSE_INTERVAL_MS, PROGRESS_INTERVAL_MS, RETRY_EMPTY_MS, SLICE_MS } from './constants.ts'
import { DiskReads } from './disk-reads.ts'
import { SyncError } from './errors.ts'
import type { PauseReason, StallReason, SyncPhase, SyncProgress } from './progress.ts'
import { ProgressMeter } from './progress-meter.ts'
import { Requests } from './requests.ts'
import { Scheduler } from './scheduler.ts'
import { Sleeper } from './sleeper.ts'
import { StallJudge } from './stall-judge.ts'
import type { StateSyncOptions } from './state-sync-options.ts'
import { StoragePause } from './storage-pause.ts'
import { takeAnswer } from './take-answer.ts'
import { Timers } from './timers.ts'

export class StateSync {
  readonly #options: StateSyncOptions
  readonly #requests: Requests
  readonly #committer: Committer
  readonly #reads: DiskReads
  readonly #storage: StoragePause
  readonly #meter: ProgressMeter
  readonly #timers: Timers
  readonly #slices: WorkSlices
  readonly #sleeper = new Sleeper()
  readonly #judge: StallJudge
  /** The scheduler; `null` until the contents of the disk are known. */
  #scheduler: Scheduler | null = null
  #phase: SyncPhase = 'connecting'
  #reason: StallReason | PauseReason | null = null
  #hasRetryTimer = false
  /** The reason why the sync has to end early. */
  #ending: SyncError | null = null

  constructor(options: StateSyncOptions) {
    const { root, peers, clock, isYielding, trace } = options
    this.#options = options
    this.#judge = new StallJudge(options)
    this.#timers = new Timers(clock)
    this.#meter = new ProgressMeter(options)
    this.#slices = new WorkSlices(SLICE_MS, () => clock.now(), options.yieldThread)
    this.#requests = new Requests({ root, peers, clock, isYielding, trace, onChange: () => this.#sleeper.wake() })
    this.#reads = new DiskReads({
      disk: options.disk,
      leaf: options.leaf,
      onChange: () => this.#sleeper.wake(),
      onDamaged: (error) => options.onDamaged?.(error),
      onError: (error) => this.#meetReadError(error),
    })
    this.#storage = new StoragePause({
      clock,
      estimate: options.estimateStorage ?? (async () => ({ usage: null, quota: null })),
      onPaused: (error) => options.onPaused?.(error),
      onDue: () => this.#sleeper.wake(),
    })
    this.#committer = new Committer(options.disk, (cause) => {
      if (cause === undefined) this.#endPause()
      else if (!this.#pauseIfFull(cause))
        this.cancel(new SyncError('storeFailed', 'what was verified could not be written', { cause }))
      this.#sleeper.wake()
    })
  }

  /**
   * Runs the sync, once. Resolves when everything is on disk and the generation is complete. Rejects with `badRoot`,
   * `storeFailed`, or the error given to {@link cancel}. By then verified data is on disk, as far as the disk allows.
   */
  async run(): Promise<SyncProgress> {
    this.#judge.begin()
    const stopListening = this.#options.peers.onChange(() => this.#sleeper.wake())
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
      this.#options.onProgress?.(this.progress())
    }
    return this.progress()
  }

  /** Ends the sync with `error`, after writing verified data. `run` rejects. A second call changes nothing. */
  cancel(error: SyncError): void {
    this.#ending ??= error
    this.#sleeper.wake()
  }

  /** Wakes the loop to look for new requests: the conditions have changed. */
  nudge(): void {
    this.#sleeper.wake()
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
      if (taken.length > 0) this.#sleeper.wake()
    } catch (error) {
      this.#meetReadError(error)
    }
  }

  /** Takes a code fetched and checked elsewhere. */
  offerCode(hash: Uint8Array, bytes: Uint8Array): void {
    if (this.#scheduler?.codes.offer(bytesToHex(hash), bytes) === true) this.#sleeper.wake()
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
    const { receivedBytes } = this.#requests
    return this.#meter.measure({ phase: this.#phase, reason: this.#reason, scheduler: this.#scheduler, receivedBytes })
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
    this.#timers.every(PROGRESS_INTERVAL_MS, () => this.#options.onProgress?.(this.progress()))
    this.#timers.after(CONNECT_GRACE_MS, () => this.#sleeper.wake())
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
          await this.#slices.breathe()
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
  async #take(answer: ReceivedAnswer): Promise<void> {
    const lie = await takeAnswer(answer, {
      scheduler: this.#scheduler!,
      keccak: this.#options.keccak,
      sliceBytes: this.#options.sliceBytes,
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
    if (!(await this.#slices.breathe())) return true
    if (this.#ending !== null) return false
    this.#startWork(this.#scheduler!)
    return true
  }

  /** syncing ⇄ stalled: data is missing, but no request is in flight and none can be sent. */
  #judgeStall(scheduler: Scheduler): void {
    if (this.#storage.isFull) return
    const isBusy = !this.#requests.idle || !this.#reads.idle
    const verdict = this.#judge.judge(scheduler, isBusy, this.#reason)
    if (verdict?.phase !== 'stalled') {
      if (verdict !== null) this.#setPhase(verdict.phase, null)
      return
    }
    if (scheduler.gaps.size === 0 && this.#committer.bytes === 0 && this.#reads.dropStrayCodes()) return
    const { reason, mayRetry } = verdict
    const { onStalled, loadFailure } = this.#options
    if (this.#setPhase('stalled', reason)) onStalled?.(reason, loadFailure?.()?.details ?? null)
    if (mayRetry) this.#retryLater()
  }

  /** Asks all peers again after a while: they may have the missing data by then. */
  #retryLater(): void {
    if (this.#hasRetryTimer) return
    this.#hasRetryTimer = true
    this.#timers.after(RETRY_EMPTY_MS, () => {
      this.#hasRetryTimer = false
      this.#requests.forgive(this.#scheduler!)
      this.#sleeper.wake()
    })
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
    this.#options.trace?.('sync', phase, { reason, ...this.#judge.peerCounts() })
    this.#options.onProgress?.(this.progress())
    return true
  }

  #meetReadError(cause: unknown): void {
    if (cause instanceof SyncError) this.cancel(cause)
    else if (!this.#pauseIfFull(cause)) this.cancel(new SyncError('storeFailed', 'a page could not be read', { cause }))
  }

  async #sleep(): Promise<void> {
    if (await this.#sleeper.sleep()) this.#slices.begin()
  }
}
