/**
 * Thirty successive roots on one database, one of them a return to an earlier root. Syncs are switched and killed
 * half-way, the engine restarts, and compactions are interrupted; `@ethereumjs/mpt` is the oracle.
 */
import { bytesToHex } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import { SyncError } from '../../sync/errors.ts'
import type { SyncProgress } from '../../sync/progress.ts'
import { ManualClock, settle } from '../../testing/manual-clock.ts'
import { MovingTarget, type OracleState, oracleState, textOfNode } from '../../testing/moving-target.ts'
import { honestPeer } from '../../testing/peers.ts'
import { seededRandom } from '../../testing/random.ts'
import { mutatedState, randomState } from '../../testing/random-state.ts'
import { finishSync, type Run, startSync } from '../../testing/sync-harness.ts'
import { decodeSlot } from '../../trie/account.ts'
import { nobleKeccak } from '../../trie/keccak.ts'
import { StateReader } from '../../wallet/state-reader.ts'
import { Compaction } from './compaction.ts'

const ROOTS = 30
const ACCOUNTS = 300
/** Accounts changed, added or deleted by a root, some with their slots. */
const CHANGES = 75
/** Root number `at` is the earlier root number `to`. */
const RETURN = { at: 20, to: 12 }

class Chain {
  readonly #random = seededRandom(30)
  readonly #world = new MovingTarget({ cacheBytes: 200_000 })
  readonly #states: OracleState[] = []
  #complete: OracleState | null = null
  compactions = 0
  /** Bytes fetched against bytes of changed nodes, for each undisturbed switch. */
  readonly ratios: number[] = []

  async run(): Promise<void> {
    await this.#world.open()
    for (let number = 0; number < ROOTS; number++) {
      const state = await this.#next(number)
      const fate = number % 5
      if (fate === 1) await this.#passOver(state)
      else await this.#bring(state, { isKilled: fate === 3, fullReads: fate === 4 || number === RETURN.at })
    }
  }

  async #next(number: number): Promise<OracleState> {
    const last = this.#states.at(-1)
    const state =
      last === undefined
        ? await oracleState(randomState(this.#random, ACCOUNTS))
        : number === RETURN.at
          ? this.#states[RETURN.to]!
          : await oracleState(mutatedState(this.#random, last.plain, CHANGES), last.codes)
    this.#states.push(state)
    return state
  }

  /** Supersedes an incomplete root by a newer one. */
  async #passOver(state: OracleState): Promise<void> {
    const run = await this.#startAndStop(state)
    run.sync.cancel(new SyncError('superseded', 'a newer root'))
    expect((await finishSync(run)).outcome).toMatchObject({ code: 'superseded' })
    await this.#expectComplete()
  }

  async #bring(state: OracleState, { isKilled, fullReads }: { isKilled: boolean; fullReads: boolean }): Promise<void> {
    if (isKilled) {
      await this.#startAndStop(state)
      await this.#world.crash()
      await this.#expectComplete()
    }
    const before = new Set((await this.#world.pages()).flatMap(({ nodes }) => nodes))
    const { outcome } = await finishSync(await this.#start(state))
    expect(outcome).toMatchObject({ phase: 'complete', fraction: 1, pending: 0 })
    const changed = state.nodes.filter((node) => !before.has(textOfNode(node)))
    const { wireBytes } = outcome as SyncProgress
    if (!isKilled && this.#complete !== null && changed.length > 0) {
      this.ratios.push(wireBytes / changed.reduce((sum, { blob }) => sum + blob.length, 0))
    }
    this.#complete = state
    await this.#expectComplete()
    if (fullReads) await this.#expectReads(state)
    await this.#compact(state)
  }

  /** Compacts if compaction is due: first interrupted by a kill, then to the end. */
  async #compact(state: OracleState): Promise<void> {
    const generations = await this.#world.generations()
    const cut = this.#compaction()
    void cut.start()
    await settle()
    const isDue = (await this.#world.generations()) !== generations
    await this.#world.crash()
    await this.#expectComplete()
    await this.#compaction().start()
    await this.#expectComplete()
    if (!isDue) return
    this.compactions++
    const bytes = (await this.#world.pages()).reduce((sum, page) => sum + page.bytes, 0)
    const live = state.nodes.reduce((sum, { blob }) => sum + blob.length, 0)
    expect(await this.#world.generations()).toBe(1)
    // The bytes include front-coded paths.
    expect(bytes).toBeLessThan(live * 1.1)
  }

  #compaction(): Compaction {
    const { store } = this.#world
    return new Compaction({ store, keccak: nobleKeccak, clock: new ManualClock(), yieldThread: settle })
  }

  async #start(state: OracleState): Promise<Run> {
    return startSync(state.root, [honestPeer(state)], { store: this.#world.store })
  }

  /** Starts a sync, and returns half-way. */
  async #startAndStop(state: OracleState): Promise<Run> {
    const run = await this.#start(state)
    while (run.sync.progress().nodes < 100) await settle()
    expect(run.outcome).toBeUndefined()
    return run
  }

  /** Expects the last complete root to be the one completed last, and reads some of its nodes. */
  async #expectComplete(): Promise<void> {
    const { store } = this.#world
    if (this.#complete === null) return
    expect(store.lastComplete()).toMatchObject({ root: this.#complete.root, intact: true })
    const reader = store.reader(store.lastComplete()!.generation)
    for (let i = 0; i < 30; i++) {
      const { path, hash, blob } = this.#random.pick(this.#complete.nodes)
      expect(bytesToHex((await reader.node(path, hash))!)).toBe(bytesToHex(blob))
    }
  }

  /** Reads every account, slot and code by lookups alone, and some deleted accounts of the first root. */
  async #expectReads(state: OracleState): Promise<void> {
    const { store } = this.#world
    const nodes = store.reader(store.lastComplete()!.generation)
    const code = (hash: Uint8Array) => store.code(hash)
    const reader = new StateReader(state.root, { node: (path, hash) => nodes.node(path, hash), code })
    const present = new Set<string>()
    for (const { key, nonce, balance, slots = [], codeHash } of state.plain.accounts) {
      present.add(bytesToHex(key))
      expect(await reader.account(key)).toMatchObject({ nonce, balance })
      const [slot] = slots
      if (slot !== undefined) expect(await reader.slot(key, slot[0])).toBe(decodeSlot(slot[1]))
      if (codeHash !== undefined) expect(await reader.code(key)).toEqual(state.codes.get(bytesToHex(codeHash)))
    }
    const gone = this.#states[0]!.plain.accounts.filter(({ key }) => !present.has(bytesToHex(key)))
    for (const { key } of gone.slice(0, 20)) expect(await reader.account(key)).toBeNull()
  }
}

describe('StateStore, StateSync and Compaction', () => {
  test('behavior: thirty roots in a row: reads are right, only changes are fetched, what is dead is compacted', async () => {
    const chain = new Chain()
    await chain.run()
    expect(chain.compactions).toBeGreaterThanOrEqual(2)
    expect(chain.ratios.length).toBeGreaterThan(ROOTS / 3)
    expect(Math.max(...chain.ratios)).toBeLessThan(1.5)
  }, 600_000)
})
