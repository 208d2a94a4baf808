/**
 * A fixture for the tests of tabs: tabs with one disk between them, and an engine whose syncs end on the test's
 * command. No tests.
 */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { MemoryRecords } from '../../store/database/memory-records.ts'
import type { Records } from '../../store/database/records.ts'
import { pagesOf, stateOf, WatchedRecords } from '../../store/fixture.suite.ts'
import { StateStore } from '../../store/state-store.ts'
import { StateView } from '../../store/state-view.ts'
import { SyncError } from '../../sync/errors.ts'
import type { SyncProgress } from '../../sync/progress.ts'
import { settle } from '../../testing/manual-clock.ts'
import { FakeOrigin, type FakeTab } from '../../testing/tabs.ts'
import { createFastKeccak } from '../../trie/fast-keccak.ts'
import type { SlotNumber } from '../../wallet/input.ts'
import { HEARTBEAT_MS, SILENT_BEATS } from '../constants.ts'
import { Backups } from '../engine/backups.ts'
import { accountRead, clientStatusOf, codeRead, proofRead, readComplete, slotRead } from '../engine/reads.ts'
import { Tasks } from '../engine/tasks.ts'
import type {
  AccountValue,
  Answer,
  Engine,
  EngineEvent,
  ExportedState,
  ImportSummary,
  ProofValue,
  ReadAt,
  SyncTarget,
  TabRole,
  VerifySummary,
} from '../engine.ts'
import { openTabEngine } from './tab-engine.ts'

/** States to sync, by their roots. */
const states = [stateOf(40, 'older'), stateOf(40, 'newer')].map(({ trie, codes }) => {
  return { root: `0x${bytesToHex(trie.root)}`, bytes: trie.root, pages: pagesOf(trie.nodes), codes }
})
export const [OLDER, NEWER] = [states[0]!.root, states[1]!.root]

/** An address in no state: proven absent in each. */
export const ADDRESS = `0x${'12'.repeat(20)}`

const PROGRESS: SyncProgress = {
  ...{
    phase: 'syncing',
    reason: null,
    details: null,
    nodes: 1,
    bytes: 1,
    codes: 0,
    accounts: 0,
    slots: 0,
    pending: 1,
    peers: 1,
  },
  ...{ nodesPerSecond: 0, bytesPerSecond: 0, fraction: 0.5, etaMs: null, wireBytes: 1, root: OLDER, generation: 1 },
}

/** The methods called by the tests of tabs; the others are passed on in the same way. */
type ScriptedMethods = Partial<Engine>

const keccak = await createFastKeccak()

/** An engine that writes to a store of its own, as the real one does. Synced pages arrive on the test's command. */
class ScriptedEngine implements ScriptedMethods {
  readonly store: StateStore
  /** Roots of the syncs started, in order. */
  readonly started: string[] = []
  readonly #emit: (event: EngineEvent) => void
  readonly #tasks = new Tasks()
  readonly #backups: Backups
  #running: {
    readonly id: number
    readonly target: SyncTarget
    readonly resolve: (progress: SyncProgress) => void
    readonly reject: (error: unknown) => void
  } | null = null

  constructor(store: StateStore, emit: (event: EngineEvent) => void) {
    this.store = store
    this.#emit = emit
    this.#backups = new Backups(store, keccak, 1)
  }

  sync(id: number, target: SyncTarget): Promise<SyncProgress> {
    this.#end(new SyncError('superseded', 'superseded'))
    this.started.push(target.root!)
    return new Promise((resolve, reject) => {
      this.#running = { id, target, resolve, reject }
    })
  }

  async cancel(id: number): Promise<void> {
    if (this.#running?.id === id) this.#end(new SyncError('cancelled', 'cancelled'))
  }

  leave(id: number): Promise<void> {
    return this.cancel(id)
  }

  async resume(): Promise<void> {}

  /** Reports progress of the running sync. */
  progress(): void {
    const { id } = this.#running!
    this.#emit({ kind: 'progress', id, progress: PROGRESS, coverage: new Float32Array(1) })
  }

  damaged(): void {
    this.#emit({ kind: 'damaged', damage: { generation: 1, start: '', end: '0' } })
  }

  /** Writes this number of pages of the target; rejects as the store does. */
  async write(pages: number): Promise<void> {
    const state = states.find(({ root }) => root === this.#running!.target.root)!
    const generation = await this.store.target({ root: state.bytes })
    await generation.commit(state.pages.slice(0, pages), state.codes)
  }

  /** Brings the running sync to its end. */
  async finish(): Promise<void> {
    const { target, resolve, reject } = this.#running!
    this.#running = null
    try {
      const state = states.find(({ root }) => root === target.root)!
      const generation = await this.store.target({ root: state.bytes })
      await generation.commit(state.pages, state.codes)
      await generation.complete()
      resolve({ ...PROGRESS, phase: 'complete', root: target.root! })
    } catch (cause) {
      reject(new SyncError('storeFailed', 'the store failed', { cause }))
    }
  }

  async getAccount(address: string, _: ReadAt | undefined): Promise<Answer<AccountValue | null>> {
    return readComplete(this.store, accountRead(address))
  }

  async getStorageAt(address: string, slot: bigint | number | string): Promise<Answer<string>> {
    return readComplete(this.store, slotRead(address, slot))
  }

  async getProof(address: string, slots: readonly SlotNumber[]): Promise<Answer<ProofValue>> {
    return readComplete(this.store, proofRead(address, slots))
  }

  async getCode(address: string): Promise<Answer<string>> {
    return readComplete(this.store, codeRead(address))
  }

  async keep(): Promise<void> {}

  verify(id: number): Promise<VerifySummary> {
    return this.#tasks.run(id, async (signal) => {
      const summary = (await this.store.verify({ signal }))!
      return { ...summary, root: `0x${bytesToHex(summary.root)}` }
    })
  }

  async abort(id: number): Promise<void> {
    this.#backups.abortExport(id)
    await this.#tasks.abort(id)
  }

  openExport(): Promise<ExportedState> {
    return this.#backups.openExport()
  }

  readExport(id: number, state: ExportedState, at: number): Promise<Uint8Array | null> {
    return this.#tasks.run(id, (signal) => this.#backups.readExport(id, state, at, signal))
  }

  import(id: number, root: string | null): Promise<ImportSummary> {
    return this.#backups.openImport(id, root === null ? null : bytesOf(root)).run()
  }

  feed(id: number, at: number, chunk: Uint8Array | null): Promise<boolean> {
    return this.#backups.feed(id, at, chunk)
  }

  wipe(): Promise<void> {
    return this.store.wipe()
  }

  async status() {
    return clientStatusOf(this.store)
  }

  settledStatus() {
    return this.status()
  }

  async role(): Promise<TabRole> {
    return 'writer'
  }

  async close(): Promise<void> {
    this.#end(new SyncError('closed', 'closed'))
    await this.store.close()
  }

  #end(error: SyncError): void {
    const running = this.#running
    this.#running = null
    running?.reject(error)
  }
}

/** One tab with its engine and events. */
export interface OpenTab {
  readonly tab: FakeTab
  readonly engine: Engine
  readonly events: EngineEvent[]
  /** The engines of the tab's sessions as the writer, the last one last. */
  readonly engines: ScriptedEngine[]
}

/** Tabs of one origin with one database. */
export class Tabs {
  readonly origin = new FakeOrigin()
  readonly records = new MemoryRecords()
  /** Roles, in the order in which tabs took them. */
  readonly log: string[] = []
  /** The number of further failures to open the database for writing. */
  failures = 0
  readonly #views: WatchedRecords[] = []

  async open(name: string, chainId = 1): Promise<OpenTab> {
    const tab = this.origin.open(name)
    const events: EngineEvent[] = []
    const engines: ScriptedEngine[] = []
    const engine = await openTabEngine({
      ...{ name: 'lock', chainId, tab: name, locks: tab.locks, channel: tab.openChannel(), clock: tab.clock },
      openWriter: async (emit) => {
        if (this.failures-- > 0) throw new Error('cannot be opened, as the test wants it')
        const opened = new ScriptedEngine(await StateStore.writer(this.records.reopen(), { chainId }), emit)
        engines.push(opened)
        this.log.push(`${name} opens`)
        return opened as unknown as Engine
      },
      view: new StateView(async () => this.#watch(this.records.reopen()), { chainId }),
      emit: (event) => {
        events.push(event)
        if (event.kind === 'role') this.log.push(`${name} ${event.role}`)
      },
    })
    await settle()
    return { tab, engine, events, engines }
  }

  /** The number of times that followers have listed the keys of all pages. */
  get listings(): number {
    return this.#views.flatMap(({ keyReads }) => keyReads.filter((store) => store === 'pages')).length
  }

  #watch(records: Records): Records {
    const watched = new WatchedRecords(records)
    this.#views.push(watched)
    return watched
  }

  /** Lets time pass until a silent writer is noticed and replaced. */
  async waitOutSilence(): Promise<void> {
    for (let beat = 0; beat < SILENT_BEATS + 3; beat++) await this.origin.pass(HEARTBEAT_MS)
  }

  /** Returns everything on disk. */
  async dump(): Promise<unknown[]> {
    const stores = (['pages', 'codes', 'wanted', 'meta'] as const).map(async (store) => {
      const keys = await this.records.keys(store)
      return Promise.all(keys.map(async (key) => [key, await this.records.get(store, key)]))
    })
    return Promise.all(stores)
  }
}

/** Returns the bytes of a root. */
export function bytesOf(root: string): Uint8Array {
  return hexToBytes(root.slice(2))
}
