/**
 * The engine of one tab among others. The one that is elected (`election.ts`) writes and answers for all (`writer-session.ts`); the
 * others read what is complete on disk themselves, ask the writer for the rest, and hear what it tells. A call stays open
 * until it is answered: each new writer is asked again, also if that is us.
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
  /** Of the lock: what the tabs of this database have in common. */
  readonly name: string
  /** No other tab has this name. */
  readonly tab: string
  readonly locks: Locks
  readonly channel: ChannelPort
  readonly clock: Clock
  /** Opens the engine that writes; whoever wrote before is refused from then on. */
  readonly openWriter: (emit: (event: EngineEvent) => void) => Promise<Engine>
  /** What a tab that does not write sees of the disk. */
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
  /** `null`: we do not write. */
  #session: WriterSession | null = null
  /** The highest that was heard, or ours. */
  #term = 0
  /** The writer that we hear; `null`: none, or us. */
  #writer: string | null = null
  /** What is being synced, by whoever writes. */
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

  /** What runs here is written and handed on to another tab, if there is one. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    // What it tells while it ends is nobody's business; the last beat has said what it was about.
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

  /** Asks whoever writes. Where nobody is known to, the next one will be asked. */
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

  /** An answer of the writer that we asked last, to us. */
  #isOurs({ tab, writer }: { readonly tab: string; readonly writer: string }): boolean {
    return tab === this.#options.tab && writer === this.#writer
  }

  #hearBeat({ writer, term, target }: Extract<TabMessage, { kind: 'beat' }>): void {
    // One that was replaced, and does not know it yet.
    if (term < this.#term) return
    // Ours is over, and our lock is about to say so.
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

  /** Tells the application, which has its own name for a sync that it waits for. */
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

  /** writer → follower: another tab has taken over. What is open here is asked of it as soon as it is heard. */
  #stepDown(): void {
    const session = this.#session
    if (session === null || this.#isRetired || this.#closing !== null) return
    this.#target = session.target
    this.#session = null
    this.#options.trace?.('tabs', 'deposed', { session: session.term })
    // Whatever it still writes is refused; nobody waits for that.
    session.end().catch(() => {})
    this.#options.view.outdate()
    this.#options.emit({ kind: 'role', role: 'follower' })
    this.#say({ kind: 'hello' })
  }

  /** The database cannot be opened for writing: whoever waits is told, and another tab may try. */
  #fail(error: unknown): void {
    this.#resign()
    this.#calls.rejectAll(error)
  }

  /** The database was taken from this tab for good: it lets others write, who begin anew, and answers its own calls only. */
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
