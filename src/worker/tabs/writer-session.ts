/**
 * One tab's time as the writer: opens the engine that writes, answers the calls of all tabs, and tells what the engine
 * tells. Once it is over it says nothing more: whoever waits for an answer asks the next writer.
 */
import { databaseOfOtherChain } from '../../store/database/chain-id.ts'
import type { Engine, EngineEvent, SyncTarget } from '../engine.ts'
import type { EngineCall } from '../engine-calls.ts'
import type { Settle } from '../open-calls.ts'
import { toPlainError } from '../to-plain-error.ts'
import type { TabEvent, TabMessage } from './tab-channel.ts'
import { WriterCalls } from './writer-calls.ts'

export interface WriterSessionOptions {
  /** No two are the same. */
  readonly writer: string
  /** That this tab's engine is about. */
  readonly chainId: number
  /** Higher than that of the writer before. */
  readonly term: number
  /** Opens the engine that writes. */
  readonly open: (emit: (event: EngineEvent) => void) => Promise<Engine>
  /** Whether the tab of this name lives. */
  readonly isAlive: (tab: string) => Promise<boolean>
  /** What the writer before was syncing. */
  readonly inherited: SyncTarget | null
  /** To the other tabs. */
  readonly say: (message: TabMessage) => void
  /** To this tab's application. */
  readonly tell: (event: TabEvent) => void
  /** The connection of this tab that writes was closed for good. */
  readonly onStoreClosed: (event: Extract<EngineEvent, { kind: 'storeClosed' }>) => void
  /** Another sync runs, or none. */
  readonly onTarget: () => void
  /** A write was refused. */
  readonly onFenced: () => void
}

export class WriterSession {
  /** Rejects as the opening of the engine does. */
  readonly opened: Promise<unknown>
  readonly #options: WriterSessionOptions
  readonly #calls: Promise<WriterCalls>
  /** What is being synced, or will be as soon as the engine is open. */
  #target: SyncTarget | null
  /** Calls of other tabs that are being answered. */
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

  /** Does what this tab asks for, and hands over the outcome; never does once the session is over. */
  async perform(tab: string, asked: EngineCall, settle: Settle): Promise<void> {
    try {
      const value = await (await this.#calls).perform(tab, asked)
      if (!this.#isOver) settle.resolve(value)
    } catch (error) {
      if (!this.#isOver) settle.reject(error)
    }
  }

  /** Does what another tab asks for, once, however often it asks. */
  async serve(asked: Extract<TabMessage, { kind: 'call' }>): Promise<void> {
    const { writer, chainId, tab, call } = asked
    const key = `${tab}/${call}`
    if (this.#serving.has(key)) return
    const { say, chainId: ours } = this.#options
    const reject = (error: unknown) => say({ kind: 'error', writer, tab, call, error: toPlainError(error) })
    // It opened the database before there was anything in it to say so.
    if (chainId !== ours) return reject(databaseOfOtherChain(ours, chainId))
    this.#serving.add(key)
    await this.perform(tab, asked, {
      resolve: (value) => say({ kind: 'result', writer, tab, call, value }),
      reject,
    })
    this.#serving.delete(key)
  }

  /** Ends the engine; what it has verified is written, if it may still write. May be called twice. */
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

  /** To the other tabs first: what is told to the application may be moved to another thread. */
  #announce(calls: WriterCalls | null, event: EngineEvent): void {
    if (this.#isOver || event.kind === 'role') return
    // The others have connections of their own.
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
