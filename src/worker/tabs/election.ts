/**
 * Which tab writes. The lock decides (`writer-lock.ts`); what this adds is the heartbeat: the writer beats, the others count,
 * and when they have heard nothing for too long, the one with the smallest name steals the lock. A tab counts its own
 * beats, not the time, so one that has slept suspects nobody.
 */
import type { Clock } from '../../runtime/clock.ts'
import { startDeadline } from '../../runtime/deadline.ts'
import { HEARTBEAT_MS, LOCK_TIMEOUT_MS, SILENT_BEATS, WRITERLESS_BEATS } from '../constants.ts'
import { noWriter } from '../errors.ts'
import { type Locks, WriterLock } from './writer-lock.ts'

export interface ElectionOptions {
  readonly locks: Locks
  /** Of the lock. */
  readonly name: string
  /** Of this tab; no two are the same. */
  readonly tab: string
  readonly clock: Clock
  /** This tab is the writer. */
  readonly onElected: () => void
  /** It is no longer: another one took its place. */
  readonly onDeposed: () => void
  /** It is the writer, and the others should hear it. */
  readonly onBeat: () => void
  /** It would take over from a writer that is silent, and the others should hear it. */
  readonly onCandidate: () => void
  /** There has been no writer for long, and the browser does not make this tab one; called at each further beat. */
  readonly onWriterless: () => void
}

/** `follower` ⇄ `writer`; a candidate is a follower that will steal at its next beat, unless it hears a better one. */
type State = 'idle' | 'follower' | 'candidate' | 'writer'

export class Election {
  readonly #options: ElectionOptions
  readonly #lock: WriterLock
  #state: State = 'idle'
  #silentBeats = 0
  /** Since a writer was heard, or this tab was one; its own candidacies do not end it. */
  #writerlessBeats = 0
  #stopTimer = () => {}

  constructor(options: ElectionOptions) {
    this.#options = options
    const { locks, name } = options
    this.#lock = new WriterLock({ locks, name, onHeld: () => this.#win(), onLost: () => this.#lose() })
  }

  /** Becomes the writer if there is none, and says whether it did; else stands in line. Rejects with `noWriter`. */
  async start(): Promise<boolean> {
    const isHeld = await this.#take()
    this.#state = isHeld ? 'writer' : 'follower'
    if (!isHeld) this.#lock.wait()
    this.#tick()
    return isHeld
  }

  #take(): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const giveUp = () => reject(noWriter('the browser does not say whether another tab writes'))
      const stop = startDeadline(this.#options.clock, LOCK_TIMEOUT_MS, giveUp, { countsOffline: true })
      this.#lock.take().then(resolve, reject).finally(stop)
    })
  }

  /** The writer was heard. */
  hearBeat(): void {
    this.#silentBeats = 0
    this.#writerlessBeats = 0
    if (this.#state === 'candidate') this.#state = 'follower'
  }

  /** The candidacy of another tab was heard. */
  hearCandidate(tab: string): void {
    if (tab < this.#options.tab) this.hearBeat()
  }

  /** Gives the place up, and stands in line for it again from the next beat on: for a writer that cannot write. */
  resign(): void {
    if (this.#state !== 'writer') return
    this.#lock.release()
    this.#state = 'follower'
    this.#silentBeats = 0
    this.#after(() => this.#lock.wait())
  }

  /** Lets go of the lock, and takes no part any more. */
  stop(): void {
    this.#state = 'idle'
    this.#stopTimer()
    this.#lock.close()
  }

  #win(): void {
    if (this.#state === 'idle') return
    this.#state = 'writer'
    this.#writerlessBeats = 0
    this.#options.onElected()
  }

  #lose(): void {
    if (this.#state !== 'writer') return
    this.#state = 'follower'
    this.#silentBeats = 0
    this.#lock.wait()
    this.#options.onDeposed()
  }

  #tick(): void {
    this.#after(() => {
      if (this.#state === 'writer') this.#options.onBeat()
      else this.#count()
    })
  }

  #count(): void {
    if (++this.#writerlessBeats > WRITERLESS_BEATS) this.#options.onWriterless()
    if (this.#state === 'candidate') {
      this.#state = 'follower'
      this.#silentBeats = 0
      this.#lock.steal()
    } else if (++this.#silentBeats > SILENT_BEATS) {
      this.#state = 'candidate'
      this.#options.onCandidate()
    }
  }

  /** Calls `then` at the next beat, and beats on. */
  #after(then: () => void): void {
    this.#stopTimer()
    this.#stopTimer = this.#options.clock.after(HEARTBEAT_MS, () => {
      this.#tick()
      then()
    })
  }
}
