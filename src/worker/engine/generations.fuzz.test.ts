/**
 * Random, seeded histories of many targets on one database, each a whole state or a part: forward and back, with
 * crashes, abandoned targets, interrupted compactions and damaged pages. During each sync, the invariant of the
 * frontier holds, and the last complete state is read node by node. In the end the target equals the state of
 * `@ethereumjs/mpt`, only changes were fetched and written, and no damage was read as something else.
 */
import { bytesToHex, concatBytes, hexToBytes } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import { isRootlightError } from '../../runtime/error.ts'
import { SyncError } from '../../sync/errors.ts'
import type { SyncProgress } from '../../sync/progress.ts'
import { ManualClock, settle } from '../../testing/manual-clock.ts'
import {
  MovingTarget,
  type OracleState,
  oracleState,
  type StoredNodes,
  textOfNode,
} from '../../testing/moving-target.ts'
import { honestPeer } from '../../testing/peers.ts'
import { type Random, seededRandom } from '../../testing/random.ts'
import { mutatedState, randomState } from '../../testing/random-state.ts'
import { checkFrontier } from '../../testing/simulator/frontier-check.ts'
import { type Run, startSync } from '../../testing/sync-harness.ts'
import { nobleKeccak } from '../../trie/keccak.ts'
import { type Path, pathOfKey, ROOT_PATH } from '../../trie/path.ts'
import { Scope } from '../../trie/scope.ts'
import { Compaction } from './compaction.ts'

const SEEDS = Number(process.env['SEEDS'] ?? 40)
/** A healing sync finds at least one more damage; there are never as many. */
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
  parts: 0,
  widened: 0,
}

/** A state, and the wanted part. */
interface Target {
  readonly state: OracleState
  readonly scope: Scope
}

class History {
  readonly #random: Random
  readonly #world: MovingTarget
  readonly #states: OracleState[] = []
  #complete: Target | null = null
  /** A page was damaged. The damage may remain in a generation not read since. */
  #isDamaged = false

  constructor(seed: number) {
    this.#random = seededRandom(seed)
    this.#world = new MovingTarget({ cacheBytes: this.#random.pick([0, 5000, 100_000]), maxGenerations: 1 })
  }

  async run(): Promise<void> {
    await this.#world.open()
    for (let step = this.#random.int(7); step >= 0; step--) {
      const target = { state: await this.#nextState(), scope: this.#nextScope() }
      if (this.#random() < 0.25 && (await this.#world.damage(this.#random))) {
        this.#isDamaged = true
        tally.damages++
      }
      if (this.#random() < 0.4) await this.#abandon(target)
      else await this.#bring(target)
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

  /** Returns accounts and slots of past states, so that some are absent now. */
  #nextScope(): Scope {
    const random = this.#random
    if (random() < 0.6) return Scope.ALL
    tally.parts++
    const accounts = this.#states.flatMap(({ plain }) => plain.accounts)
    const entries = Array.from({ length: random.int(6) }, () => {
      const { key, slots = [] } = random.pick(accounts)
      const path = pathOfKey(key)
      if (slots.length === 0 || random() < 0.4) return Scope.account(path)
      return random() < 0.5 ? Scope.storage(path) : Scope.slot(path, pathOfKey(random.pick(slots)[0]))
    })
    return Scope.of(entries)
  }

  /** Begins a sync, and ends the sync somewhere, by a cancellation or a crash. */
  async #abandon(target: Target): Promise<void> {
    const run = await this.#start(target)
    for (let rounds = this.#random.int(6); rounds > 0; rounds--) await this.#step(run, target)
    if (hasEnded(run)) {
      this.#noteOutcome(run, target)
      return
    }
    if (this.#random() < 0.5) {
      tally.crashes++
      await this.#world.crash()
    } else {
      tally.abandoned++
      run.sync.cancel(new SyncError('superseded', 'as the history wants it'))
      await settle()
      // The last act of the sync may have been to complete.
      if (hasEnded(run) && !(run.outcome instanceof Error)) this.#noteOutcome(run, target)
    }
    if (this.#complete !== null) await this.#expectReadable(this.#complete)
  }

  async #bring(target: Target): Promise<void> {
    const base = this.#complete
    const before = await this.#world.pages()
    const isClean = !this.#isDamaged
    const run = await this.#start(target)
    for (let rounds = 0; run.outcome === undefined; rounds++) {
      if (rounds > 2000) throw new Error(`no end: ${JSON.stringify(run.sync.progress())}`)
      await this.#step(run, target)
    }
    this.#noteOutcome(run, target)
    tally.targets++
    if (base?.state === target.state && !base.scope.isAll && target.scope.isAll) tally.widened++
    if (isClean) {
      await this.#expectOnlyChanges(run, this.#complete!, base, before)
      await this.#expectReadable(this.#complete!)
      await this.#expectWhole(this.#complete!)
    } else await this.#heal(this.#complete!)
    if (this.#random() < 0.4) await this.#compact(this.#complete!)
  }

  async #start({ state, scope }: Target): Promise<Run> {
    const peer = honestPeer(state)
    peer.bytes = this.#random.pick([200, 1000, 5000, 100_000])
    return startSync(state.root, [peer], { store: this.#world.store, clock: new ManualClock(), scope })
  }

  async #step(run: Run, target: Target): Promise<void> {
    await run.clock.pass(this.#random.pick([0, 100, 4000]))
    const { scheduler } = run.sync
    if (scheduler === null || run.outcome !== undefined || this.#isDamaged) return
    const stored = new Set((await this.#world.pages()).flatMap(({ nodes }) => nodes))
    if (run.outcome === undefined)
      checkFrontier(scheduler, { nodes: nodesOf(target) }, (node) => stored.has(textOfNode(node)))
    if (this.#complete !== null && this.#random() < 0.2) await this.#expectReadable(this.#complete)
  }

  #noteOutcome(run: Run, { state, scope }: Target): void {
    if (run.outcome instanceof Error) throw run.outcome
    // A state complete before may hold more than the part wanted now.
    const stored = this.#world.store.lastComplete()!.scope
    expect(stored.contains(scope, ROOT_PATH)).toBe(true)
    this.#complete = { state, scope: stored }
  }

  /** Reads every node, by lookups. */
  async #expectReadable(target: Target): Promise<void> {
    if (this.#isDamaged) return
    expect(this.#world.store.lastComplete()).toMatchObject({ root: target.state.root, intact: true })
    const reader = this.#world.store.reader(this.#world.store.lastComplete()!.generation)
    for (const { path, hash, blob } of nodesOf(target)) expect(await reader.node(path, hash)).toEqual(blob)
  }

  /**
   * Expects the generation to hold nodes of the state only, none of them in the base, and the fetched nodes to be those
   * missing on disk.
   */
  async #expectOnlyChanges(
    run: Run,
    target: Target,
    base: Target | null,
    before: readonly StoredNodes[],
  ): Promise<void> {
    const { generation, wireBytes } = run.outcome as SyncProgress
    // A generation begun earlier may have been begun over another complete state.
    const isNew = before.every((page) => page.generation !== generation)
    // A node of the base is written again if the base lacks a wanted part below the node.
    const isAll = target.scope.isAll && (base?.scope.isAll ?? true)
    const unchanged = new Set(isNew && isAll ? base?.state.nodes.map(textOfNode) : [])
    const own = new Set(nodesOf(target).map(textOfNode))
    for (const page of await this.#world.pages()) {
      if (page.generation !== generation) continue
      for (const node of page.nodes) {
        if (!own.has(node)) throw new Error(`a foreign node is written: ${node}`)
        if (unchanged.has(node)) throw new Error(`an unchanged node is written again: ${node}`)
      }
    }
    const stored = new Set(before.flatMap(({ nodes }) => nodes))
    const fetched = nodesOf(target).filter((node) => !stored.has(textOfNode(node)))
    const codes = [...target.state.codes.values()].reduce((sum, code) => sum + code.length, 0)
    const needed = fetched.reduce((sum, { blob }) => sum + blob.length, 0)
    // Ways asked for together share their upper nodes, and some lower nodes may be on disk. A small answer is continued
    // by a request from further down.
    const ways = target.scope.keysBelow(ROOT_PATH, 100).map((key) => wayBytes(target, key))
    expect(wireBytes).toBeLessThanOrEqual(1.5 * needed + codes + 2 * ways.reduce((sum, bytes) => sum + bytes, 0))
  }

  /** Expects reads and whole walks to return the truth or report damage; syncs of the same root heal the damage. */
  async #heal(target: Target): Promise<void> {
    await this.#world.crash() // what is in the cache is not damaged
    const findsDamage = async () => {
      const isWhole =
        this.#random() < 0.5 ? !(await this.#findsDamage(target)) : (await this.#world.store.verify())!.whole
      // Loss in an older generation may concern nodes this generation never depended on: only the next sync can tell.
      return !isWhole || !this.#world.store.lastComplete()!.intact
    }
    for (let heals = 0; await findsDamage(); heals++) {
      if (heals === MAX_HEALS) throw new Error('the damage does not heal')
      tally.heals++
      const run = await this.#start(target)
      for (let rounds = 0; run.outcome === undefined && rounds < 2000; rounds++) await run.clock.pass(100)
      this.#noteOutcome(run, target)
    }
    expect(this.#world.store.lastComplete()).toMatchObject({ root: target.state.root, intact: true })
    await this.#expectWhole(target)
  }

  async #findsDamage(target: Target): Promise<boolean> {
    const { store } = this.#world
    const reader = store.reader(store.lastComplete()!.generation)
    let found = false
    for (const { path, hash, blob } of nodesOf(target)) {
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

  /** Expects a walk over everything to find the state and no more, through any number of generations. */
  async #expectWhole(target: Target): Promise<void> {
    const nodes = nodesOf(target)
    const { store } = this.#world
    expect(await store.verify()).toMatchObject({ whole: true, damaged: 0, nodes: nodes.length })
    for (const hash of codesOf(target)) expect(await store.code(hexToBytes(hash))).toBeDefined()
    if (!target.scope.isAll) return
    const runs: Uint8Array[] = []
    const all = store.all()!
    expect((await all.counts()).nodes).toBe(nodes.length)
    for await (const run of all.runs()) runs.push(run)
    expect(bytesToHex(concatBytes(...runs))).toBe(nodes.map(({ blob }) => bytesToHex(blob)).join(''))
  }

  async #compact(target: Target): Promise<void> {
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
      // The rest is the state, once, and nothing else, damage included.
      const stored = (await this.#world.pages()).flatMap(({ nodes }) => nodes)
      expect(stored.sort()).toEqual(nodesOf(target).map(textOfNode).sort())
      this.#isDamaged = false
      tally.compactions++
    }
    await this.#expectReadable(target)
  }
}

function nodesOf({ state, scope }: Target) {
  return state.nodes.filter(({ path }) => scope.includes(path))
}

/** Returns the hashes of the codes named by the target's accounts. */
function codesOf({ state, scope }: Target): string[] {
  const named = state.plain.accounts.filter(({ key, codeHash }) => codeHash && scope.includesAccount(pathOfKey(key)))
  return named.map(({ codeHash }) => bytesToHex(codeHash!))
}

function wayBytes({ state }: Target, key: Path): number {
  return state.nodes.reduce((sum, { path, blob }) => sum + (key.startsWith(path) ? blob.length : 0), 0)
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
    // Otherwise this test would not have tested its claims.
    if (SEEDS >= 40) for (const count of Object.values(tally)) expect(count).toBeGreaterThan(0)
  }, 300_000)
})
