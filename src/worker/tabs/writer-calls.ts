/**
 * The calls of all tabs to the engine of the writer, with one sync between them. Tabs asking for the same part of the
 * same state share the sync; any other target supersedes the sync for all. Any of these tabs can cancel the sync;
 * `leave` ends the sync only if no other living tab shares it. A sync belongs to the database, and goes on when the
 * asking tab is gone.
 */

import { isRootlightError } from '../../runtime/error.ts'
import { SyncError } from '../../sync/errors.ts'
import type { SyncProgress } from '../../sync/progress.ts'
import { scopeOf } from '../../wallet/scope-keys.ts'
import type { Engine, EngineMethod, SyncTarget } from '../engine.ts'
import { callEngine, type EngineCall, engineOver, type MethodWithId } from '../engine-calls.ts'

/** The one sync, with the calls waiting for its end, by tab. */
interface Run {
  /** The sync's id in the engine. */
  readonly id: number
  readonly target: SyncTarget
  readonly done: Promise<SyncProgress>
  readonly calls: Map<string, { readonly id: number; readonly leave: (error: SyncError) => void }>
}

/** Methods, beside `sync`, that may change the complete state on disk. */
const CHANGES: ReadonlySet<EngineMethod> = new Set(['import', 'verify', 'wipe'])

/** Number of ids of one tab. The lowest ids are those of syncs, which belong to all tabs. */
const TAB_IDS = 2 ** 32

export interface WriterCallsOptions {
  readonly engine: Engine
  /** Returns true if the tab of this name lives. */
  readonly isAlive: (tab: string) => Promise<boolean>
  /** Called when another sync runs, or none. */
  readonly onTarget: () => void
  /** Called when a sync has ended, well or not: the complete state on disk may have changed. */
  readonly onChanged: () => void
  /** Called when the store refused a write: another tab has taken over. */
  readonly onFenced: () => void
}

export class WriterCalls {
  readonly #options: WriterCallsOptions
  /** The running sync, unless a call is cancelling it. */
  #run: Run | null = null
  /** Syncs not ended yet, by their id in the engine. */
  readonly #runs = new Map<number, Run>()
  /** Callers in the order of their first call. The position makes a tab's ids unique. */
  readonly #tabs: string[] = []
  #nextRun = 0

  constructor(options: WriterCallsOptions) {
    this.#options = options
  }

  /** The target of the running sync. */
  get target(): SyncTarget | null {
    return this.#run?.target ?? null
  }

  /** Returns the ids of the calls waiting for the engine's work with this id, by tab. */
  callsOf(id: number | null): ReadonlyMap<string, number> {
    if (id !== null && id >= TAB_IDS) return new Map([[this.#tabs[Math.floor(id / TAB_IDS) - 1]!, id % TAB_IDS]])
    const run = id === null ? undefined : this.#runs.get(id)
    return new Map([...(run?.calls ?? [])].map(([tab, call]) => [tab, call.id]))
  }

  /** Goes on with the sync of the previous writer, for the tabs to join. */
  inherit(target: SyncTarget): void {
    this.#start(target)
  }

  /**
   * Performs a call of a tab. Rejects as the engine does. If the tab is no longer the writer, `fenced` is among the
   * causes.
   */
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

  /** Returns the engine as one tab uses it: ids of the tab become ids of the engine. */
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

  /** Returns the engine's id for a tab's own `id`. */
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
    // From now on a call for the same root starts a new sync.
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
    // Meanwhile the sync may have ended, or another tab may have joined.
    if (this.#run !== run || run.calls.size > 0) return
    this.#setRun(null)
    await this.#options.engine.cancel(run.id)
  }

  /** Drops the calls of dead tabs. */
  async #forgetDead({ calls }: Run): Promise<void> {
    const dead = async ([tab, call]: [string, unknown]) => {
      // A tab that has asked again since then has another call.
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

/** Returns true if the two ask for the same part of the same state, trusted in the same way. */
function isSameTarget(a: SyncTarget, b: SyncTarget): boolean {
  const isSame = (one: string | undefined, other: string | undefined) => one?.toLowerCase() === other?.toLowerCase()
  return isSame(a.root, b.root) && isSame(a.block, b.block) && scopeOf(a).equals(scopeOf(b))
}

/** Returns true if the store refused a write because another tab has become the writer. */
function isFenced(error: unknown): boolean {
  return isRootlightError(error, 'fenced') || (error instanceof Error && isFenced(error.cause))
}
