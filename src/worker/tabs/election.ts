/**
 * The election of the writer. The lock decides (`writer-lock.ts`); this file adds the heartbeat. The writer beats, and
 * the followers count their own beats without one of the writer. After too many, the follower with the smallest name
 * steals the lock. A tab counts beats and not time, so a tab back from sleep suspects no writer.
 */
import type { Clock } from '../../runtime/clock.ts'
import { startDeadline } from '../../runtime/deadline.ts'
import { HEARTBEAT_MS, LOCK_TIMEOUT_MS, SILENT_BEATS, WRITERLESS_BEATS } from '../constants.ts'
import { noWriter } from '../errors.ts'
import { type Locks, WriterLock } from './writer-lock.ts'

export interface ElectionOptions {
  readonly locks: Locks
  /** The name of the lock. */
  readonly name: string
  /** The unique name of this tab. */
  readonly tab: string
  readonly clock: Clock
  /** Called when this tab has become the writer. */
  readonly onElected: () => void
  /** Called when another tab has taken the place of this one. */
  readonly onDeposed: () => void
  /** Called at each beat of the writer, for the others to hear. */
  readonly onBeat: () => void
  /** Called when this tab is a candidate for the place of a silent writer, for the others to hear. */
  readonly onCandidate: () => void
  /** Called at each beat after a long time without a writer, in which the browser did not make this tab one. */
  readonly onWriterless: () => void
}

/**
 * The state of a tab: `follower` ⇄ `writer`. A candidate is a follower that will steal at the next beat, unless a
 * better candidate is heard.
 */
type State = 'idle' | 'follower' | 'candidate' | 'writer'

export class Election {
  readonly #options: ElectionOptions
  readonly #lock: WriterLock
  #state: State = 'idle'
  #silentBeats = 0
  /** Beats since a writer was heard, or since this tab was the writer. Own candidacies do not reset the count. */
  #writerlessBeats = 0
  #stopTimer = () => {}

  constructor(options: ElectionOptions) {
    this.#options = options
    const { locks, name } = options
    this.#lock = new WriterLock({ locks, name, onHeld: () => this.#win(), onLost: () => this.#lose() })
  }

  /** Becomes the writer if there is none, else stands in line. Returns true for the writer. Rejects with `noWriter`. */
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

  /** Notes a beat of the writer. */
  hearBeat(): void {
    this.#silentBeats = 0
    this.#writerlessBeats = 0
    if (this.#state === 'candidate') this.#state = 'follower'
  }

  /** Notes the candidacy of another tab. */
  hearCandidate(tab: string): void {
    if (tab < this.#options.tab) this.hearBeat()
  }

  /** Gives the place up, for a writer that cannot write. Stands in line again from the next beat on. */
  resign(): void {
    if (this.#state !== 'writer') return
    this.#lock.release()
    this.#state = 'follower'
    this.#silentBeats = 0
    this.#after(() => this.#lock.wait())
  }

  /** Lets go of the lock, and leaves the election. */
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
