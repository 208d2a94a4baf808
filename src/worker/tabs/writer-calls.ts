/**
 * The engine of the writing tab, as all tabs use it: they have one sync between them. A call names its tab; tabs that ask
 * for the same part of the same state share the sync, any other supersedes it for all, and any of them can cancel it. A tab
 * that leaves it ends it only if no other tab that lives wants it. A sync belongs to the database and not to the tab that
 * asked: it goes on when that tab is gone.
 */

import { isRootlightError } from '../../runtime/error.ts'
import { SyncError } from '../../sync/errors.ts'
import type { SyncProgress } from '../../sync/progress.ts'
import { scopeOf } from '../../wallet/scope-keys.ts'
import type { Engine, EngineMethod, SyncTarget } from '../engine.ts'
import { callEngine, type EngineCall, engineOver, type MethodWithId } from '../engine-calls.ts'

/** The one sync, and which call of which tab waits for it. */
interface Run {
  /** Its name in the engine. */
  readonly id: number
  readonly target: SyncTarget
  readonly done: Promise<SyncProgress>
  readonly calls: Map<string, { readonly id: number; readonly leave: (error: SyncError) => void }>
}

/** What may change what is complete on disk, beside a sync. */
const CHANGES: ReadonlySet<EngineMethod> = new Set(['import', 'verify', 'wipe'])

/** Names of one tab; those below are of the syncs, which belong to all. */
const TAB_IDS = 2 ** 32

export interface WriterCallsOptions {
  readonly engine: Engine
  /** Whether the tab of this name lives. */
  readonly isAlive: (tab: string) => Promise<boolean>
  /** The sync that runs is another one, or none. */
  readonly onTarget: () => void
  /** A sync has ended, well or not: what is complete on disk may be something else. */
  readonly onChanged: () => void
  /** A write was refused: another tab has taken over. */
  readonly onFenced: () => void
}

export class WriterCalls {
  readonly #options: WriterCallsOptions
  /** The sync that runs, unless it is being cancelled. */
  #run: Run | null = null
  /** Those that have not ended, by their name in the engine. */
  readonly #runs = new Map<number, Run>()
  /** Whoever has called, in this order: each has names of its own for what it asks for. */
  readonly #tabs: string[] = []
  #nextRun = 0

  constructor(options: WriterCallsOptions) {
    this.#options = options
  }

  /** What is being synced. */
  get target(): SyncTarget | null {
    return this.#run?.target ?? null
  }

  /** The calls that wait for what the engine does under this name, by tab. */
  callsOf(id: number | null): ReadonlyMap<string, number> {
    if (id !== null && id >= TAB_IDS) return new Map([[this.#tabs[Math.floor(id / TAB_IDS) - 1]!, id % TAB_IDS]])
    const run = id === null ? undefined : this.#runs.get(id)
    return new Map([...(run?.calls ?? [])].map(([tab, call]) => [tab, call.id]))
  }

  /** Goes on with the sync of the writer before, for whoever asks for it. */
  inherit(target: SyncTarget): void {
    this.#start(target)
  }

  /** Does what a tab asks for. Rejects as the engine does, with `fenced` somewhere in the causes if it lost its place. */
  async perform(tab: string, call: EngineCall): Promise<unknown> {
    try {
      return await callEngine(this.#engineOf(tab), call)
    } catch (error) {
      if (isFenced(error)) this.#options.onFenced()
      throw error
    } finally {
      if (CHANGES.has(call.method)) this.#options.onChanged()
    }
  }

  /** The engine as one tab uses it: an id of the tab names something of this tab, or its call of the shared sync. */
  #engineOf(tab: string): Engine {
    const { engine } = this.#options
    const nameOf = (id: number) => this.#nameOf(tab, id)
    const methods: Pick<Engine, MethodWithId> = {
      sync: (id, target) => this.#sync(tab, id, target),
      cancel: (id) => this.#cancel(tab, id),
      leave: (id) => this.#leave(tab, id),
      resume: (id) => this.#resume(tab, id),
      abort: (id) => engine.abort(nameOf(id)),
      verify: (id) => engine.verify(nameOf(id)),
      openExport: (id) => engine.openExport(nameOf(id)),
      readExport: (id, ...args) => engine.readExport(nameOf(id), ...args),
      import: (id, ...args) => engine.import(nameOf(id), ...args),
      feed: (id, ...args) => engine.feed(nameOf(id), ...args),
    }
    return { ...engineOver((call) => callEngine(engine, call)), ...methods }
  }

  /** The engine's name for what a tab knows by its own `id`. */
  #nameOf(tab: string, id: number): number {
    if (!this.#tabs.includes(tab)) this.#tabs.push(tab)
    return (this.#tabs.indexOf(tab) + 1) * TAB_IDS + id
  }

  close(): Promise<void> {
    return this.#options.engine.close()
  }

  async #sync(tab: string, id: number, target: SyncTarget): Promise<SyncProgress> {
    const run = this.#run !== null && isSameTarget(this.#run.target, target) ? this.#run : this.#start(target)
    run.calls.get(tab)?.leave(new SyncError('superseded', 'another sync took the place of this one'))
    const left = new Promise<never>((_, reject) => run.calls.set(tab, { id, leave: reject }))
    return Promise.race([run.done, left])
  }

  async #cancel(tab: string, id: number): Promise<void> {
    const run = this.#run
    // An import stands in the place of a sync.
    if (run?.calls.get(tab)?.id !== id) return this.#options.engine.cancel(this.#nameOf(tab, id))
    // From now on a call for the same root is a sync of its own.
    this.#setRun(null)
    await this.#options.engine.cancel(run.id)
  }

  async #leave(tab: string, id: number): Promise<void> {
    const run = this.#run
    const call = run?.calls.get(tab)
    if (run === null || call?.id !== id) return
    run.calls.delete(tab)
    call.leave(new SyncError('cancelled', 'the sync was left'))
    await this.#forgetDead(run)
    // Meanwhile it may have ended, or somebody has come.
    if (this.#run !== run || run.calls.size > 0) return
    this.#setRun(null)
    await this.#options.engine.cancel(run.id)
  }

  /** Tabs that have ended want nothing any more. */
  async #forgetDead({ calls }: Run): Promise<void> {
    const dead = async ([tab, call]: [string, unknown]) => {
      // One that has asked again since then is another call.
      if (!(await this.#options.isAlive(tab)) && calls.get(tab) === call) calls.delete(tab)
    }
    await Promise.all([...calls].map(dead))
  }

  async #resume(tab: string, id: number): Promise<void> {
    const run = this.#run
    if (run?.calls.get(tab)?.id === id) await this.#options.engine.resume(run.id)
  }

  #start(target: SyncTarget): Run {
    const id = this.#nextRun++
    const done = this.#options.engine.sync(id, target)
    const run: Run = { id, target, done, calls: new Map() }
    this.#runs.set(id, run)
    const end = (error?: unknown) => {
      this.#runs.delete(id)
      if (isFenced(error)) return this.#options.onFenced()
      this.#options.onChanged()
      if (this.#run === run) this.#setRun(null)
    }
    done.then(() => end(), end)
    this.#setRun(run)
    return run
  }

  #setRun(run: Run | null): void {
    this.#run = run
    this.#options.onTarget()
  }
}

/** True if the two want the same part of the same state, trusted in the same way. */
function isSameTarget(a: SyncTarget, b: SyncTarget): boolean {
  const isSame = (one: string | undefined, other: string | undefined) => one?.toLowerCase() === other?.toLowerCase()
  return isSame(a.root, b.root) && isSame(a.block, b.block) && scopeOf(a).equals(scopeOf(b))
}

/** True if the store refused a write because another tab has become the writer. */
function isFenced(error: unknown): boolean {
  return isRootlightError(error, 'fenced') || (error instanceof Error && isFenced(error.cause))
}
