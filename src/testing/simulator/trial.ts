/**
 * One trial: everything follows from a seed. Runs the simulation from event to event, with the pivots, cancels and
 * crashes of the plan. Checks after every step, and ends when the last target is complete.
 */

import { isRootlightError } from '../../runtime/error.ts'
import { SyncError, type SyncErrorCode } from '../../sync/errors.ts'
import type { Keccak } from '../../trie/keccak.ts'
import type { BuiltNode } from '../../trie/trie-builder.ts'
import { BesideSyncs } from './beside-syncs.ts'
import { Checks } from './checks.ts'
import { SimulatedDisk } from './disk.ts'
import { idealTime } from './ideal-time.ts'
import { type Beside, drawPlan, type Event, type TrialPlan } from './plan.ts'
import type { SimulatedState } from './states.ts'
import { Stopwatch } from './stopwatch.ts'
import { checkStored } from './stored-check.ts'
import { Tab } from './tab.ts'
import { Trace } from './trace.ts'
import { settlePromises } from './virtual-clock.ts'
import { World } from './world.ts'

/** The result of a trial without failures. */
export interface TrialResult {
  readonly seed: number
  /** True if the plan had no faults and all peers were honest. */
  readonly isCalm: boolean
  /** Digest of the trace: the same for the same seed. */
  readonly digest: string
  readonly steps: number
  /** Virtual time with a wanted sync, and its ratio to the ideal time. */
  readonly elapsedMs: number
  readonly ratio: number
  /** The ratio without any allowance for faults. Only the time without any possible progress is left out. */
  readonly bareRatio: number
  /** Numbers of events by name: faults, checks, and ends of syncs. */
  readonly tally: Readonly<Record<string, number>>
}

/** Time limit in virtual time: a trial taking longer never ends. */
const MAX_VIRTUAL_MS = 30 * 60_000
/** Pause of a tab with a full disk, before the next attempt to sync. */
const RETRY_STORE_MS = 1_000

/** Runs the trial of `seed`. Rejects with the first failure. `trace` may keep lines to read. */
export async function runTrial(seed: number, keccak: Keccak, trace: Trace = new Trace()): Promise<TrialResult> {
  try {
    return await new Trial(drawPlan(seed), keccak, trace).run()
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    const repeat = `npm run sim -- --seeds 1 --first ${seed}`
    throw new Error(`seed ${seed} fails: ${message}; repeat it with: ${repeat}`, { cause })
  }
}

class Trial {
  readonly #plan: TrialPlan
  readonly #keccak: Keccak
  readonly #trace: Trace
  readonly #world: World
  readonly #disk: SimulatedDisk
  readonly #checks: Checks
  readonly #stopwatch: Stopwatch
  readonly #beside: BesideSyncs
  #tab: Tab
  /** Index of the wanted state, and the number of states complete or passed over. */
  #target = 0
  #completed = 0
  /** True while a sync runs or will be started again: a pivot then starts none. */
  #isWanted = false
  /** The tab's machine sleeps until this time. */
  #sleepsUntil = 0
  /** Pause after a cancelled sync, before the next start. */
  #cancelledMs = 0
  #starts = 0
  #failure: unknown = null
  /** Number of current network outages. */
  #outages = 0

  constructor(plan: TrialPlan, keccak: Keccak, trace: Trace) {
    this.#plan = plan
    this.#keccak = keccak
    this.#trace = trace
    this.#world = new World({
      plan,
      keccak,
      trace,
      onOffence: (server, offence, request) => {
        this.#world.count(offence)
        // Queued right before the answer itself: both wait until the tab has the thread.
        const tab = this.#tab
        tab.run(() => this.#checks.expectBlame(tab, server, offence, request))
      },
    })
    const { servers, states, random, tally } = this.#world
    this.#disk = new SimulatedDisk({
      plan: plan.store,
      random,
      onCrash: () => this.#crash(),
      onFailure: () => this.#world.count('full disk'),
    })
    const isStored = (node: Pick<BuiltNode, 'path' | 'blob'>) => this.#disk.holds(node)
    this.#checks = new Checks({ servers, states, random, tally, isOnline: () => this.#world.isOnline, isStored })
    this.#stopwatch = new Stopwatch(servers)
    this.#beside = new BesideSyncs({
      ...{ seed: plan.seed, isCalm: plan.isCalm, states, clock: this.#world.clock, keccak },
      count: (what) => this.#world.count(what),
      onFailure: (error) => {
        this.#failure ??= error
      },
    })
    this.#tab = this.#openTab()
  }

  async run(): Promise<TrialResult> {
    const { clock, states } = this.#world
    this.#begin()
    for (;;) {
      await settlePromises()
      if (this.#failure !== null) throw this.#failure
      this.#checks.afterStep(this.#tab)
      this.#beside.check()
      this.#stopwatch.lap(clock.now(), this.#tab, this.#isWanted ? states[this.#target]! : null, this.#sleepsUntil)
      if (this.#completed === states.length && !this.#isWanted && !this.#beside.areBusy) return this.#result()
      if (clock.now() > MAX_VIRTUAL_MS) throw new Error(`no end: ${this.#describe()}`)
      if (!clock.fireNext()) throw new Error(`nothing is left to happen: ${this.#describe()}`)
    }
  }

  #begin(): void {
    const { clock } = this.#world
    for (const event of this.#plan.events) clock.after(event.atMs, () => this.#happen(event))
    this.#goBesideSoon(this.#plan.beside)
    this.#world.start()
    this.#world.name(0)
    this.#want()
  }

  #happen(event: Event): void {
    if (event.kind === 'pivot' || event.kind === 'back') this.#whenAwake(() => this.#pivot())
    else if (event.kind === 'cancel') this.#whenAwake(() => this.#cancel(event.downMs))
    else if (event.kind === 'hide') this.#whenAwake(() => this.#tab.hide())
    else if (event.kind === 'sleep') this.#sleep(event.ms)
    else this.#loseNetwork(event.ms)
  }

  #goBesideSoon(all: readonly Beside[]): void {
    const { clock } = this.#world
    for (const beside of all)
      clock.after(beside.atMs, () => this.#whenAwake(() => this.#beside.begin(beside, this.#tab)))
  }

  #sleep(ms: number): void {
    const { clock } = this.#world
    this.#world.count('sleep')
    this.#sleepsUntil = Math.max(this.#sleepsUntil, clock.now() + ms)
    this.#tab.sleep(ms)
  }

  #loseNetwork(ms: number): void {
    const world = this.#world
    const tell = () => this.#tab.run(() => this.#tab.meetConnectivity())
    if (this.#outages++ === 0) world.goOffline()
    tell()
    world.clock.after(ms, () => {
      if (--this.#outages > 0) return
      world.goOnline()
      tell()
    })
  }

  /** Acts for the application, which sleeps when the machine sleeps. */
  #whenAwake(act: () => void): void {
    const { clock } = this.#world
    if (clock.now() >= this.#sleepsUntil) act()
    else clock.after(this.#sleepsUntil - clock.now(), () => this.#whenAwake(act))
  }

  #openTab(): Tab {
    const world = this.#world
    const { clock, random, servers } = world
    return new Tab({
      clock,
      thread: this.#plan.thread,
      isOnline: () => world.isOnline,
      lastOfflineMs: () => world.lastOfflineMs(),
      loadFailures: this.#plan.loadFailures,
      onLoadFailure: () => world.count('load failed'),
      random,
      servers,
      disk: this.#disk,
      keccak: this.#keccak,
      onPhase: (phase) => world.note(phase),
      onDamage: (damage) => {
        this.#failure ??= new Error(`nothing is damaged, and this is said to be: ${JSON.stringify(damage)}`)
      },
      onDeparture: (server, departure) => {
        world.note(server.id)
        world.count(departure.reason)
        this.#guard(() => this.#checks.judgeDeparture(server, departure))
      },
    })
  }

  /** Replaces the target by a newer root, or by an earlier one. */
  #pivot(): void {
    this.#target++
    this.#world.name(this.#target)
    if (this.#tab.running !== null) this.#revoke('superseded')
    else if (!this.#isWanted) this.#want()
  }

  #cancel(downMs: number): void {
    if (this.#tab.running === null) return
    this.#cancelledMs = downMs
    this.#revoke('cancelled')
  }

  #revoke(code: SyncErrorCode): void {
    this.#world.count(code)
    this.#tab.cancel(new SyncError(code, 'as the trial wants it'))
  }

  #crash(): void {
    this.#world.count('crash')
    this.#tab.die()
    this.#disk.crash()
    this.#startAgainIn(this.#plan.store.downMs, () => {
      this.#tab = this.#openTab()
    })
  }

  #want(): void {
    this.#isWanted = true
    this.#start()
  }

  #start(): void {
    const tab = this.#tab
    const target = this.#target
    const state = this.#world.states[target]!
    this.#starts++
    // A dead process reports nothing.
    tab.sync(state).then(
      () => {
        if (!tab.isDead) void this.#onComplete(target, state)
      },
      (error) => {
        if (!tab.isDead) this.#onEnded(error)
      },
    )
  }

  async #onComplete(target: number, state: SimulatedState): Promise<void> {
    this.#world.count('complete')
    try {
      await checkStored(this.#disk.inspect(), state)
    } catch (error) {
      this.#failure ??= error
    }
    this.#completed = target + 1
    this.#goBesideSoon(this.#plan.besideComplete)
    if (this.#target > target) this.#start()
    else this.#isWanted = false
  }

  #onEnded(error: unknown): void {
    void this.#disk.rot()
    if (isRootlightError(error, 'superseded')) this.#start()
    else if (isRootlightError(error, 'cancelled')) this.#startAgainIn(this.#cancelledMs)
    // A running sync waits for room itself. With this error the store could not write the target, and the sync has not
    // begun.
    else if (isRootlightError(error, 'quotaExceeded')) this.#startAgainIn(RETRY_STORE_MS)
    else this.#failure ??= error
  }

  /** Continues the sync after `ms`, unless another process has replaced this one meanwhile. */
  #startAgainIn(ms: number, prepare: () => void = () => {}): void {
    const tab = this.#tab
    const again = () => {
      if (this.#tab !== tab) return
      prepare()
      if (this.#isWanted && !this.#tab.isDead) this.#start()
    }
    this.#world.clock.after(ms, () => this.#whenAwake(again))
  }

  #result(): TrialResult {
    const { elapsedMs, waitedMs } = this.#stopwatch
    const { states, pausedMs, tally } = this.#world
    const happened = { targets: states, starts: this.#starts, pausedMs, waitedMs }
    const { bareMs, faultsMs } = idealTime(this.#plan, happened)
    return {
      seed: this.#plan.seed,
      isCalm: this.#plan.isCalm,
      digest: this.#trace.digest(),
      steps: this.#checks.steps,
      elapsedMs,
      ratio: elapsedMs / (bareMs + faultsMs),
      bareRatio: (elapsedMs - waitedMs) / bareMs,
      tally,
    }
  }

  #describe(): string {
    const progress = this.#tab.running?.sync.progress()
    return progress === undefined ? 'no sync runs' : JSON.stringify(progress)
  }

  #guard(check: () => void): void {
    try {
      check()
    } catch (error) {
      this.#failure ??= error
    }
  }
}
