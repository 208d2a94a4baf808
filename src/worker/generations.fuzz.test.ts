/**
 * Random histories of many targets on one database, seeded: forward and back, crashes and abandoned targets in the middle,
 * compactions that are cut short, damaged pages. While a target is brought, the invariant of the frontier holds, and the
 * last complete state is read node by node; in the end the target is exactly what `@ethereumjs/mpt` has, only what changed
 * was fetched and written, and damage is never read as something else.
 */
import { bytesToHex, concatBytes } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import { SyncError } from '../sync/errors.ts'
import type { SyncProgress } from '../sync/progress.ts'
import { ManualClock, settle } from '../testing/manual-clock.ts'
import { MovingTarget, type OracleState, oracleState, type StoredNodes, textOfNode } from '../testing/moving-target.ts'
import { honestPeer } from '../testing/peers.ts'
import { type Random, seededRandom } from '../testing/random.ts'
import { mutatedState, randomState } from '../testing/random-state.ts'
import { checkFrontier } from '../testing/simulator/frontier-check.ts'
import { type Run, startSync } from '../testing/sync-harness.ts'
import { isRootlightError } from '../trie/error.ts'
import { nobleKeccak } from '../trie/keccak.ts'
import { Compaction } from './compaction.ts'

const SEEDS = Number(process.env['SEEDS'] ?? 40)
/** A sync that heals finds at least one damage more; there are never so many. */
const MAX_HEALS = 12

const tally = {
  targets: 0,
  returns: 0,
  crashes: 0,
  abandoned: 0,
  compactions: 0,
  cutCompactions: 0,
  damages: 0,
  heals: 0,
}

class History {
  readonly #random: Random
  readonly #world: MovingTarget
  readonly #states: OracleState[] = []
  #complete: OracleState | null = null
  /** A page was damaged, and may still be there, in a generation that nobody has read since. */
  #isDamaged = false

  constructor(seed: number) {
    this.#random = seededRandom(seed)
    this.#world = new MovingTarget({ cacheBytes: this.#random.pick([0, 5000, 100_000]), maxGenerations: 1 })
  }

  async run(): Promise<void> {
    await this.#world.open()
    for (let step = this.#random.int(7); step >= 0; step--) {
      const state = await this.#nextState()
      if (this.#random() < 0.25 && (await this.#world.damage(this.#random))) {
        this.#isDamaged = true
        tally.damages++
      }
      if (this.#random() < 0.4) await this.#abandon(state)
      else await this.#bring(state)
    }
  }

  async #nextState(): Promise<OracleState> {
    const random = this.#random
    const newest = this.#states.at(-1)
    if (newest !== undefined && random() < 0.3) {
      tally.returns++
      return random.pick(this.#states)
    }
    const plain =
      newest === undefined
        ? randomState(random, 1 + random.int(random() < 0.2 ? 150 : 40))
        : mutatedState(random, random.pick([newest, random.pick(this.#states)]).plain, 1 + random.int(12))
    const state = await oracleState(plain, newest?.codes)
    this.#states.push(state)
    return state
  }

  /** Begins a sync, and ends it somewhere: told to, or by a crash. */
  async #abandon(state: OracleState): Promise<void> {
    const run = await this.#start(state)
    for (let rounds = this.#random.int(6); rounds > 0; rounds--) await this.#step(run, state)
    if (hasEnded(run)) {
      this.#noteOutcome(run, state)
      return
    }
    if (this.#random() < 0.5) {
      tally.crashes++
      await this.#world.crash()
    } else {
      tally.abandoned++
      run.sync.cancel(new SyncError('superseded', 'as the history wants it'))
      await settle()
      // Its last act may have been to complete.
      if (hasEnded(run) && !(run.outcome instanceof Error)) this.#noteOutcome(run, state)
    }
    if (this.#complete !== null) await this.#expectReadable(this.#complete)
  }

  async #bring(state: OracleState): Promise<void> {
    const base = this.#complete
    const before = await this.#world.pages()
    const isClean = !this.#isDamaged
    const run = await this.#start(state)
    for (let rounds = 0; run.outcome === undefined; rounds++) {
      if (rounds > 2000) throw new Error(`no end: ${JSON.stringify(run.sync.progress())}`)
      await this.#step(run, state)
    }
    this.#noteOutcome(run, state)
    tally.targets++
    if (isClean) {
      await this.#expectOnlyChanges(run, state, base, before)
      await this.#expectReadable(state)
      await this.#expectWhole(state)
    } else await this.#heal(state)
    if (this.#random() < 0.4) await this.#compact(state)
  }

  async #start(state: OracleState): Promise<Run> {
    const peer = honestPeer(state)
    peer.bytes = this.#random.pick([200, 1000, 5000, 100_000])
    return startSync(state.root, [peer], { store: this.#world.store, clock: new ManualClock() })
  }

  async #step(run: Run, state: OracleState): Promise<void> {
    await run.clock.pass(this.#random.pick([0, 100, 4000]))
    const { scheduler } = run.sync
    if (scheduler === null || run.outcome !== undefined || this.#isDamaged) return
    const stored = new Set((await this.#world.pages()).flatMap(({ nodes }) => nodes))
    if (run.outcome === undefined) checkFrontier(scheduler, state, (node) => stored.has(textOfNode(node)))
    if (this.#complete !== null && this.#random() < 0.2) await this.#expectReadable(this.#complete)
  }

  #noteOutcome(run: Run, state: OracleState): void {
    if (run.outcome instanceof Error) throw run.outcome
    this.#complete = state
  }

  /** Every node, by lookups. */
  async #expectReadable(state: OracleState): Promise<void> {
    if (this.#isDamaged) return
    expect(this.#world.store.lastComplete()).toMatchObject({ root: state.root, intact: true })
    const reader = this.#world.store.reader(this.#world.store.lastComplete()!.generation)
    for (const { path, hash, blob } of state.nodes) expect(await reader.node(path, hash)).toEqual(blob)
  }

  /** What the generation holds is of the state, and nothing that the base has; what was fetched is what the disk had not. */
  async #expectOnlyChanges(
    run: Run,
    state: OracleState,
    base: OracleState | null,
    before: readonly StoredNodes[],
  ): Promise<void> {
    const { generation, wireBytes } = run.outcome as SyncProgress
    // One that was begun before may have been begun when another state was the last complete one.
    const isNew = before.every((page) => page.generation !== generation)
    const unchanged = new Set(isNew ? base?.nodes.map(textOfNode) : [])
    const own = new Set(state.nodes.map(textOfNode))
    for (const page of await this.#world.pages()) {
      if (page.generation !== generation) continue
      for (const node of page.nodes) {
        if (!own.has(node)) throw new Error(`a foreign node is written: ${node}`)
        if (unchanged.has(node)) throw new Error(`an unchanged node is written again: ${node}`)
      }
    }
    const stored = new Set(before.flatMap(({ nodes }) => nodes))
    const fetched = state.nodes.filter((node) => !stored.has(textOfNode(node)))
    const codes = [...state.codes.values()].reduce((sum, code) => sum + code.length, 0)
    const needed = fetched.reduce((sum, { blob }) => sum + blob.length, 0)
    expect(wireBytes).toBeLessThanOrEqual(1.5 * needed + codes)
  }

  /** Reads and whole walks say what is right, or that something is damaged; syncs of the same root bring it back. */
  async #heal(state: OracleState): Promise<void> {
    await this.#world.crash() // what is in the cache is not damaged
    const findsDamage = async () =>
      this.#random() < 0.5 ? this.#findsDamage(state) : !(await this.#world.store.verify())!.whole
    for (let heals = 0; await findsDamage(); heals++) {
      if (heals === MAX_HEALS) throw new Error('the damage does not heal')
      tally.heals++
      const run = await this.#start(state)
      for (let rounds = 0; run.outcome === undefined && rounds < 2000; rounds++) await run.clock.pass(100)
      this.#noteOutcome(run, state)
    }
    expect(this.#world.store.lastComplete()).toMatchObject({ root: state.root, intact: true })
    await this.#expectWhole(state)
  }

  async #findsDamage(state: OracleState): Promise<boolean> {
    const { store } = this.#world
    const reader = store.reader(store.lastComplete()!.generation)
    let found = !store.lastComplete()!.intact
    for (const { path, hash, blob } of state.nodes) {
      try {
        const read = await reader.node(path, hash)
        if (read === undefined) found = true
        else expect(read).toEqual(blob)
      } catch (error) {
        if (!isRootlightError(error, 'damagedPage')) throw error
        found = true
      }
    }
    return found
  }

  /** A walk over everything finds the state, and no more, however many generations it goes through. */
  async #expectWhole({ nodes }: OracleState): Promise<void> {
    const { store } = this.#world
    expect(await store.verify()).toMatchObject({ whole: true, damaged: 0, nodes: nodes.length })
    const runs: Uint8Array[] = []
    const all = store.all()!
    expect((await all.counts()).nodes).toBe(nodes.length)
    for await (const run of all.runs()) runs.push(run)
    expect(bytesToHex(concatBytes(...runs))).toBe(nodes.map(({ blob }) => bytesToHex(blob)).join(''))
  }

  async #compact(state: OracleState): Promise<void> {
    const { store } = this.#world
    const compaction = new Compaction({ store, keccak: nobleKeccak, clock: new ManualClock(), yieldThread: settle })
    const isCut = this.#random() < 0.4
    const ended = compaction.start()
    if (isCut) {
      for (let rounds = this.#random.int(4); rounds > 0; rounds--) await new Promise((resolve) => setImmediate(resolve))
      if (this.#random() < 0.5) await compaction.stop()
      else await this.#world.crash()
      tally.cutCompactions++
    } else {
      await ended
      // What is left is the state, once, and nothing else: also nothing that is damaged.
      const stored = (await this.#world.pages()).flatMap(({ nodes }) => nodes)
      expect(stored.sort()).toEqual(state.nodes.map(textOfNode).sort())
      this.#isDamaged = false
      tally.compactions++
    }
    await this.#expectReadable(state)
  }
}

function hasEnded({ outcome }: Run): boolean {
  return outcome !== undefined
}

describe('StateStore, StateSync and Compaction', () => {
  test(`behavior: ${SEEDS} random histories of targets end with what mpt has, and only changes were fetched and written`, async () => {
    const first = Number(process.env['SEED'] ?? 1)
    for (let seed = first; seed < first + SEEDS; seed++) {
      try {
        await new History(seed).run()
      } catch (cause) {
        throw new Error(`seed ${seed} fails; repeat it with SEED=${seed} SEEDS=1`, { cause })
      }
    }
    // Else this test would not have tested what it says.
    if (SEEDS >= 40) for (const count of Object.values(tally)) expect(count).toBeGreaterThan(0)
  }, 300_000)
})
