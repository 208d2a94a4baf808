/**
 * One tab among others. The elected tab (`election.ts`) writes and answers for all (`writer-session.ts`); the others
 * send calls to the writer and hear its events. A call stays open until an answer comes: each new writer is asked
 * again, this tab included.
 */
import type { Clock } from '../../runtime/clock.ts'
import type { Trace } from '../../runtime/trace.ts'
import type { StateView } from '../../store/state-view.ts'
import { SyncError } from '../../sync/errors.ts'
import type { Engine, EngineEvent, SyncTarget } from '../engine.ts'
import type { EngineCall } from '../engine-calls.ts'
import { fromPlainError, noWriter } from '../errors.ts'
import { OpenCalls } from '../open-calls.ts'
import { Election } from './election.ts'
import type { ChannelPort, TabEvent, TabMessage } from './tab-channel.ts'
import { TabLife } from './tab-life.ts'
import type { Locks } from './writer-lock.ts'
import { WriterSession } from './writer-session.ts'

export interface TabOptions {
  readonly chainId: number
  /** The name of the lock, shared by the tabs of this database. */
  readonly name: string
  /** The unique name of this tab. */
  readonly tab: string
  readonly locks: Locks
  readonly channel: ChannelPort
  readonly clock: Clock
  /** Opens the engine that writes. From then on the store refuses writes of the previous writer. */
  readonly openWriter: (emit: (event: EngineEvent) => void) => Promise<Engine>
  /** The disk as a follower sees the disk. */
  readonly view: StateView
  readonly emit: (event: EngineEvent) => void
  /** Notes this tab's own decisions; `null` or left out: no notes. */
  readonly trace?: Trace | null
}

export class Tab {
  readonly #options: TabOptions
  readonly #election: Election
  readonly #life: TabLife
  readonly #calls = new OpenCalls<EngineCall>()
  /** `null`: this tab does not write. */
  #session: WriterSession | null = null
  /** The highest term heard or held. */
  #term = 0
  /** The writer heard last; `null`: none, or this tab. */
  #writer: string | null = null
  /** The target of the writer's sync. */
  #target: SyncTarget | null = null
  #isRetired = false
  #closing: Promise<void> | null = null

  constructor(options: TabOptions) {
    this.#options = options
    const { tab, locks, name, clock } = options
    this.#life = new TabLife({ locks, name, clock })
    this.#election = new Election({
      ...{ tab, locks, name, clock },
      onElected: () => {
        this.#options.emit({ kind: 'role', role: 'writer' })
        this.#startWriting().catch((error) => this.#fail(error))
      },
      onDeposed: () => this.#stepDown(),
      onBeat: () => this.#beat(),
      onCandidate: () => {
        options.trace?.('tabs', 'candidate', {})
        this.#say({ kind: 'candidate', tab })
      },
      onWriterless: () => {
        options.trace?.('tabs', 'writerless', {})
        this.#calls.rejectAll(noWriter('none is heard, and the browser does not pass the lock on'))
      },
    })
  }

  async open(): Promise<void> {
    const { channel, view, tab } = this.#options
    this.#life.begin(tab)
    channel.addEventListener('message', ({ data }) => this.#hear(data))
    try {
      if (await this.#election.start()) await this.#startWriting()
      else await view.current()
    } catch (error) {
      await this.close()
      throw error
    }
    if (this.#session === null) this.#say({ kind: 'hello' })
  }

  get isWriter(): boolean {
    return this.#session !== null
  }

  /** Asks the writer, and asks each new writer again until one answers. */
  async call(call: EngineCall): Promise<unknown> {
    this.checkOpen()
    return this.#calls.add(call, (number) => this.#ask(number))
  }

  /** Writes verified nodes, hands the running sync on to another tab, and leaves. May be called twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    // No tab needs the engine's last events; the last beat has named the target.
    await this.#session?.end()
    this.#session = null
    this.#election.stop()
    this.#life.end()
    this.#options.channel.close()
    await this.#options.view.close()
    this.#calls.rejectAll(new SyncError('closed', 'the client was closed'))
  }

  checkOpen(): void {
    if (this.#closing !== null) throw new SyncError('closed', 'the client was closed')
  }

  /** Asks the writer. Without a known writer, the call waits for the next one. */
  #ask(call: number): void {
    const asked = this.#calls.get(call)
    if (asked === undefined) return
    const { tab, chainId, trace } = this.#options
    if (this.#session !== null) {
      void this.#session.perform(tab, asked, {
        resolve: (value) => this.#calls.resolve(call, value),
        reject: (error) => this.#calls.reject(call, error),
      })
    } else if (this.#writer !== null) {
      trace?.('tabs', 'asked', { method: asked.method, writer: this.#writer })
      this.#say({ kind: 'call', writer: this.#writer, chainId, tab, call, ...asked })
    } else trace?.('tabs', 'waiting', { method: asked.method })
  }

  #askAll(): void {
    for (const call of this.#calls.numbers) this.#ask(call)
  }

  #hear(message: TabMessage): void {
    if (this.#isRetired) return
    switch (message.kind) {
      case 'hello':
        if (this.#session !== null) this.#beat()
        return
      case 'beat':
        this.#hearBeat(message)
        return
      case 'candidate':
        if (this.#session !== null) this.#beat()
        else this.#election.hearCandidate(message.tab)
        return
      case 'call':
        if (message.writer === this.#session?.writer) void this.#session.serve(message)
        return
      case 'result':
        if (this.#isOurs(message)) this.#calls.resolve(message.call, message.value)
        return
      case 'error':
        if (this.#isOurs(message)) this.#calls.reject(message.call, fromPlainError(message.error))
        return
      case 'event':
        if (message.writer === this.#writer) this.#tell(message.event)
        return
      case 'changed':
        this.#options.view.outdate()
    }
  }

  /** Returns true for an answer to this tab from the writer asked last. */
  #isOurs({ tab, writer }: { readonly tab: string; readonly writer: string }): boolean {
    return tab === this.#options.tab && writer === this.#writer
  }

  #hearBeat({ writer, term, target }: Extract<TabMessage, { kind: 'beat' }>): void {
    // A replaced writer, not aware of its end yet.
    if (term < this.#term) return
    // This tab's session is over, and the lock is about to say so.
    if (this.#session !== null) return
    this.#term = term
    this.#election.hearBeat()
    this.#target = target
    if (this.#writer === writer) return
    this.#writer = writer
    this.#options.trace?.('tabs', 'following', { writer, session: term })
    this.#options.view.outdate()
    this.#askAll()
  }

  /** Tells the application an event, under the application's own id of the sync. */
  #tell(event: TabEvent): void {
    const { tab, view, emit } = this.#options
    if (event.kind === 'damaged') view.outdate()
    if (event.kind === 'verifying') {
      const id = event.ids.get(tab)
      if (id !== undefined) emit({ kind: 'verifying', id, progress: event.progress })
    } else if ('ids' in event) {
      const { ids, ...rest } = event
      emit({ ...rest, id: ids.get(tab) ?? null })
    } else emit(event)
  }

  /** follower → writer. Rejects if the engine cannot be opened. */
  async #startWriting(): Promise<void> {
    const { tab, chainId, openWriter, view, emit } = this.#options
    const term = ++this.#term
    this.#options.trace?.('tabs', 'writing', { session: term })
    const session = new WriterSession({
      writer: `${tab}/${term}`,
      chainId,
      term,
      open: openWriter,
      isAlive: (tab) => this.#life.isAlive(tab),
      inherited: this.#target,
      say: (message) => this.#say(message),
      tell: (event) => this.#tell(event),
      onStoreClosed: (event) => {
        emit(event)
        this.#retire()
      },
      onTarget: () => this.#beat(),
      onFenced: () => this.#resign(),
    })
    this.#session = session
    this.#writer = null
    this.#beat()
    this.#askAll()
    await session.opened
    if (this.#session === session) await view.close()
  }

  /** writer → follower: another tab has taken over. Open calls go to the new writer as soon as its beat is heard. */
  #stepDown(): void {
    const session = this.#session
    if (session === null || this.#isRetired || this.#closing !== null) return
    this.#target = session.target
    this.#session = null
    this.#options.trace?.('tabs', 'deposed', { session: session.term })
    // The store refuses any further write of the engine; no caller waits for the end.
    session.end().catch(() => {})
    this.#options.view.outdate()
    this.#options.emit({ kind: 'role', role: 'follower' })
    this.#say({ kind: 'hello' })
  }

  /** Gives up writing: the database cannot be opened. Open calls reject, and another tab may try. */
  #fail(error: unknown): void {
    this.#resign()
    this.#calls.rejectAll(error)
  }

  /**
   * Leaves the other tabs: the database was taken from this tab for good. Other tabs may write and begin anew. This tab
   * answers its own calls only.
   */
  #retire(): void {
    if (this.#session === null) return
    this.#say({ kind: 'beat', writer: this.#session.writer, term: this.#session.term, target: null })
    this.#isRetired = true
    this.#election.stop()
  }

  #resign(): void {
    this.#election.resign()
    this.#stepDown()
  }

  #beat(): void {
    if (this.#session === null) return
    const { writer, term, target } = this.#session
    this.#say({ kind: 'beat', writer, term, target })
  }

  #say(message: TabMessage): void {
    if (!this.#isRetired) this.#options.channel.postMessage(message)
  }
}
