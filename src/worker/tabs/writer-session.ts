/**
 * One tab's time as the writer: opens the engine, answers the calls of all tabs, and passes the engine's events on.
 * After its end a session says nothing more, and waiting tabs ask the next writer.
 */
import { databaseOfOtherChain } from '../../store/database/chain-id.ts'
import type { Engine, EngineEvent, SyncTarget } from '../engine.ts'
import type { EngineCall } from '../engine-calls.ts'
import type { Settle } from '../open-calls.ts'
import { toPlainError } from '../to-plain-error.ts'
import type { TabEvent, TabMessage } from './tab-channel.ts'
import { WriterCalls } from './writer-calls.ts'

export interface WriterSessionOptions {
  /** The unique name of the session. */
  readonly writer: string
  /** The chain of this tab's engine. */
  readonly chainId: number
  /** The number of the session, higher than the previous writer's. */
  readonly term: number
  /** Opens the engine that writes. */
  readonly open: (emit: (event: EngineEvent) => void) => Promise<Engine>
  /** Returns true if the tab of this name lives. */
  readonly isAlive: (tab: string) => Promise<boolean>
  /** The previous writer's sync target. */
  readonly inherited: SyncTarget | null
  /** Sends a message to the other tabs. */
  readonly say: (message: TabMessage) => void
  /** Passes an event to this tab's application. */
  readonly tell: (event: TabEvent) => void
  /** Called when the writing connection of this tab was closed for good. */
  readonly onStoreClosed: (event: Extract<EngineEvent, { kind: 'storeClosed' }>) => void
  /** Called when another sync runs, or none. */
  readonly onTarget: () => void
  /** Called when the store refused a write. */
  readonly onFenced: () => void
}

export class WriterSession {
  /** Settles with the opening of the engine. */
  readonly opened: Promise<unknown>
  readonly #options: WriterSessionOptions
  readonly #calls: Promise<WriterCalls>
  /** The sync target, from before the opening of the engine on. */
  #target: SyncTarget | null
  /** Calls of other tabs under way. */
  readonly #serving = new Set<string>()
  #isOver = false

  constructor(options: WriterSessionOptions) {
    this.#options = options
    this.#target = options.inherited
    this.#calls = this.#open()
    this.opened = this.#calls
    this.#calls.catch(() => {}) // whoever opens the session is told
  }

  get writer(): string {
    return this.#options.writer
  }

  get term(): number {
    return this.#options.term
  }

  get target(): SyncTarget | null {
    return this.#target
  }

  /** Performs a call of this tab and hands over the outcome, unless the session is over by then. */
  async perform(tab: string, asked: EngineCall, settle: Settle): Promise<void> {
    try {
      const value = await (await this.#calls).perform(tab, asked)
      if (!this.#isOver) settle.resolve(value)
    } catch (error) {
      if (!this.#isOver) settle.reject(error)
    }
  }

  /** Performs a call of another tab once, however often the tab asks. */
  async serve(asked: Extract<TabMessage, { kind: 'call' }>): Promise<void> {
    const { writer, chainId, tab, call } = asked
    const key = `${tab}/${call}`
    if (this.#serving.has(key)) return
    const { say, chainId: ours } = this.#options
    const reject = (error: unknown) => say({ kind: 'error', writer, tab, call, error: toPlainError(error) })
    // The caller opened the database before its chain was recorded.
    if (chainId !== ours) return reject(databaseOfOtherChain(ours, chainId))
    this.#serving.add(key)
    await this.perform(tab, asked, {
      resolve: (value) => say({ kind: 'result', writer, tab, call, value }),
      reject,
    })
    this.#serving.delete(key)
  }

  /** Ends the engine, which writes its verified nodes if the store still lets it write. May be called twice. */
  async end(): Promise<void> {
    this.#isOver = true
    const calls = await this.#calls.catch(() => null)
    await calls?.close()
  }

  async #open(): Promise<WriterCalls> {
    let calls: WriterCalls | null = null
    const engine = await this.#options.open((event) => this.#announce(calls, event))
    calls = new WriterCalls({
      engine,
      isAlive: this.#options.isAlive,
      onTarget: () => {
        if (this.#isOver) return
        this.#target = calls?.target ?? null
        this.#options.onTarget()
      },
      onChanged: () => {
        if (!this.#isOver) this.#options.say({ kind: 'changed' })
      },
      onFenced: () => {
        if (!this.#isOver) this.#options.onFenced()
      },
    })
    if (this.#target !== null && !this.#isOver) calls.inherit(this.#target)
    return calls
  }

  /** Tells the other tabs first: an event told to the application may be moved to another thread. */
  #announce(calls: WriterCalls | null, event: EngineEvent): void {
    if (this.#isOver || event.kind === 'role') return
    // The other tabs have connections of their own.
    if (event.kind === 'storeClosed') {
      this.#options.onStoreClosed(event)
      return
    }
    const told: TabEvent = 'id' in event ? withIds(event, calls?.callsOf(event.id) ?? new Map()) : event
    this.#options.say({ kind: 'event', writer: this.writer, event: told })
    this.#options.tell(told)
  }
}

function withIds(
  event: Extract<EngineEvent, { kind: 'progress' | 'stalled' | 'paused' | 'verifying' }>,
  ids: ReadonlyMap<string, number>,
): TabEvent {
  const { id: _, ...rest } = event
  return { ...rest, ids }
}
