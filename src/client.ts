/**
 * The light client as seen by an application: syncs, reads and events. A client owns one engine. The engine runs in the
 * worker of the application or on the client's thread, with the same behavior.
 */

import { abortable } from './abortable.ts'
import { exportStream, fileStreamOf, importStream } from './backup-streams.ts'
import { askToPersist, watchHiding } from './browser-window.ts'
import {
  type ImportOptions,
  parseImport,
  parseProviderOptions,
  parseRead,
  parseVerify,
  type ReadOptions,
  type VerifyOptions,
} from './call-options.ts'
import type { LightClientEventMap } from './client-events.ts'
import type { PeerSnapshot } from './network/peers/peer-set.ts'
import type { SyncProgress } from './sync/progress.ts'
import { Sync } from './sync-handle.ts'
import { TypedEventTarget } from './typed-events.ts'
import {
  checkAddress,
  checkProofInput,
  checkSlot,
  checkSlots,
  checkTarget,
  type ProofInput,
  type SlotNumber,
} from './wallet/input.ts'
import { createProvider } from './wallet/provider/lazy-provider.ts'
import type { Eip1193Provider, ProviderOptions } from './wallet/provider/types.ts'
import type {
  AccountValue,
  Answer,
  ClientStatus,
  Engine,
  EngineEvent,
  ImportSummary,
  ProofValue,
  StorageReport,
  SyncTarget,
  TabRole,
  VerifyProgress,
  VerifySummary,
} from './worker/engine.ts'
import { fromPlainError } from './worker/errors.ts'

/** The parts of a client, made by `createLightClient`. */
export interface LightClientParts {
  readonly engine: Engine
  /** Fires `engine`, with an {@link EngineEvent} as `detail`, and `addresses`. */
  readonly events: EventTarget
  readonly chainId: number
  /** The libp2p node of the window. `null`: no option needs WebRTC. */
  readonly windowNode: { readonly addresses: readonly string[] } | null
}

/** A light client, created by `createLightClient`. */
export class LightClient extends TypedEventTarget<LightClientEventMap> {
  readonly #engine: Engine
  readonly #syncs = new Map<number, Sync>()
  readonly #verifications = new Map<number, (progress: VerifyProgress) => void>()
  /** The next id of a sync or another command. */
  #nextId = 0
  #peers: readonly PeerSnapshot[] = []
  #progress: SyncProgress | null = null
  #coverage: Float32Array = new Float32Array(4096)
  readonly #windowNode: { readonly addresses: readonly string[] } | null
  readonly #stopWatching: () => void
  /** The chain id from the options. */
  readonly chainId: number

  constructor({ engine, events, chainId, windowNode }: LightClientParts) {
    super()
    this.#engine = engine
    this.#windowNode = windowNode
    this.chainId = chainId
    events.addEventListener('engine', (event) => this.#receive((event as CustomEvent<EngineEvent>).detail))
    events.addEventListener('addresses', () => {
      this.dispatchEvent(new CustomEvent('addresses', { detail: this.addresses() }))
    })
    // A browser may discard a hidden tab without a further event. An engine already gone has nothing to save.
    this.#stopWatching = watchHiding(() => this.#engine.keep().catch(() => {}))
  }

  /**
   * Brings the state under `root` to disk. Continues an interrupted sync of the same root.
   *
   * In place of `root`, the caller can trust the hash of a `block`. The hash verifies the block's header, which the
   * caller passes in or a peer sends. With `accounts` or `storage`, the sync covers only this part of the state. A
   * later sync with another scope, or with none, reuses the data on disk. The next compaction deletes the data outside
   * the last scope.
   *
   * A new sync supersedes the running one, whose `done` rejects with `superseded`. All tabs of an origin share one
   * sync. A sync to the same target as another tab's joins the running one. `cancel` in any tab ends the sync for all
   * tabs. `leave` in the last tab ends the sync as well.
   *
   * Throws `badArgument`, `badTarget`, `badRootText`, `badBlockHash`, `badHeader`, `badNumber`, `badAddress` or
   * `badSlot`. `done` also rejects with `headerMismatch`.
   */
  sync(target: SyncTarget): Sync {
    const wanted = checkTarget(target)
    const id = this.#nextId++
    const done = this.#engine.sync(id, wanted).finally(() => this.#syncs.delete(id))
    const sync = new Sync(done, {
      cancel: () => this.#engine.cancel(id),
      leave: () => this.#engine.leave(id),
      resume: () => this.#engine.resume(id),
    })
    this.#syncs.set(id, sync)
    return sync
  }

  /**
   * The last reported progress of the running sync, of whichever tab, or the final progress of the last sync. `null`:
   * no sync ever ran.
   */
  get progress(): SyncProgress | null {
    return this.#progress
  }

  /** The verified part of the key space, reported with {@link progress}; see {@link Sync.coverage}. */
  coverage(): Float32Array {
    return this.#coverage
  }

  /**
   * Returns an EIP-1193 provider over verified state, for wallets and libraries. Returns at once, and loads the
   * provider's code at the first request. Requests needing more than state go to `fallback`, which is trusted; without
   * a fallback, such requests fail with error 4200. Requests for unknown blocks are refused. Throws `badArgument`.
   */
  provider(options: ProviderOptions = {}): Eip1193Provider {
    return createProvider({
      ...parseProviderOptions(options),
      source: this,
      chainId: this.chainId,
      settledStatus: () => this.#engine.settledStatus(),
    })
  }

  /** The peers known to this client, as of the last `peers` event. */
  peers(): readonly PeerSnapshot[] {
    return this.#peers
  }

  /**
   * The multiaddrs of this tab, for the `peers` of other tabs. Empty unless this tab serves, is the writer, and has a
   * place on a relay. The event `addresses` reports changes.
   */
  addresses(): readonly string[] {
    return this.#windowNode?.addresses ?? []
  }

  /** Returns the last complete state on disk and the last target. Needs no peer. */
  status(): Promise<ClientStatus> {
    return this.#engine.status()
  }

  /**
   * Returns `writer` if this tab writes to the database and has the peers, else `follower`. A client works the same in
   * both roles.
   */
  role(): Promise<TabRole> {
    return this.#engine.role()
  }

  /**
   * Returns the account at an address (`0x` and 40 hex digits); `null` means proven absent. Data not on disk comes from
   * peers, before the data of a running sync, and is verified and kept.
   *
   * Like all reads, rejects with `notSynced` (not on disk, and not fetchable now), `damagedPage` (found now, and
   * dropped), `badAddress`, `badArgument`, `badRootText`, `badRoot`, `closed`, or the reason of `signal`.
   */
  async getAccount(address: string, options: ReadOptions = {}): Promise<Answer<AccountValue | null>> {
    const { at, signal } = parseRead(options)
    checkAddress(address)
    return abortable(signal, () => this.#engine.getAccount(address, at))
  }

  /**
   * Returns the value of a slot as `0x` and 64 hex digits; zero is proven absent. `slot` is an integer, or `0x` and hex
   * digits. Also rejects with `badSlot`.
   */
  async getStorageAt(address: string, slot: SlotNumber, options: ReadOptions = {}): Promise<Answer<string>> {
    const { at, signal } = parseRead(options)
    checkAddress(address)
    checkSlot(slot)
    return abortable(signal, () => this.#engine.getStorageAt(address, slot, at))
  }

  /**
   * Returns the bytecode at an address. `0x` for an account without code, and for a proven absent account. Also rejects
   * with `damagedCode`.
   */
  async getCode(address: string, options: ReadOptions = {}): Promise<Answer<string>> {
    const { at, signal } = parseRead(options)
    checkAddress(address)
    return abortable(signal, () => this.#engine.getCode(address, at))
  }

  /**
   * Returns an account and some of its slots with the nodes of the proof, in the shape of EIP-1186. The nodes prove
   * presence or absence. Also rejects with `badSlot`.
   */
  async getProof(
    address: string,
    slots: readonly SlotNumber[] = [],
    options: ReadOptions = {},
  ): Promise<Answer<ProofValue>> {
    const { at, signal } = parseRead(options)
    checkAddress(address)
    const wanted = checkSlots('slots', slots)
    return abortable(signal, () => this.#engine.getProof(address, wanted, at))
  }

  /**
   * Takes in a proof of EIP-1186 held by the application, checked against the root of {@link ReadOptions.at}. Later
   * reads of the proven values ask no peer. Returns the proven values. Also rejects with `badProof`.
   */
  async addProof(proof: ProofInput, options: ReadOptions = {}): Promise<Answer<ProofValue>> {
    const { at, signal } = parseRead(options)
    const plain = checkProofInput(proof)
    return abortable(signal, () => this.#engine.addProof(plain, at))
  }

  /**
   * Asks the browser to never evict the data of this origin; the browser may ask the user. Returns the browser's
   * answer: false if the browser refuses or does not support persistence. The client never asks by itself.
   */
  persist(): Promise<boolean> {
    // In the window, whichever thread runs the engine: workers may not ask.
    return askToPersist()
  }

  /**
   * Checks the whole last complete state on disk against its root: every node, code and page. Damaged parts are dropped
   * and reported as `damaged`. The next sync of the same root fetches the parts again. Rejects with `notSynced`,
   * `closed`, `generationGone` (a newer state became complete meanwhile), or the reason of `signal`.
   */
  async verify(options: VerifyOptions = {}): Promise<VerifySummary> {
    const { signal, onProgress } = parseVerify(options)
    const id = this.#nextId++
    if (onProgress !== undefined) this.#verifications.set(id, onProgress)
    const verified = abortable(
      signal,
      () => this.#engine.verify(id),
      () => this.#engine.abort(id),
    )
    return verified.finally(() => this.#verifications.delete(id))
  }

  /**
   * Returns the last complete state as one file, for a backup or for shipping with an application. `backup/FORMAT.md`
   * in the sources describes the format. Every byte is checked before sending.
   *
   * The stream fails with `notSynced`, `incomplete` (data was lost: sync the same root first), `damagedPage`,
   * `damagedCode` (found now, and dropped), `exportGone`, `generationGone` or `closed`. A stream ending without an
   * error is whole. If the writer's tab closes, the stream goes on with the next writer.
   */
  export(): ReadableStream<Uint8Array> {
    return exportStream(this.#engine, this.#nextId++)
  }

  /**
   * Reads an exported file, and checks every node and code. The state is then complete, as after a sync. The import
   * takes the place of a running sync. Pass the trusted `root`: without a root, the import trusts the file's own root.
   *
   * Rejects with `badArgument`, `badRootText`, `badExport`, `exportCutOff`, `exportOfOtherChain`, `exportOfOtherRoot`,
   * `exportTooNew`, `badRoot`, `superseded`, `wiped`, `closed`, `importCutOff` (the writer's tab closed: import the
   * file again), the stream's own error, or the reason of `signal`. All data verified before an error stays, and a sync
   * of the same root continues from there.
   */
  async import(file: ReadableStream<Uint8Array> | Blob, options: ImportOptions = {}): Promise<ImportSummary> {
    const { root, signal } = parseImport(options)
    const stream = fileStreamOf(file)
    const id = this.#nextId++
    return abortable(
      signal,
      () => importStream(this.#engine, id, stream, root),
      () => this.#engine.cancel(id),
    )
  }

  /** Returns the stored amounts by generation, and the free room. Reads no page and no code. */
  storage(): Promise<StorageReport> {
    return this.#engine.storage()
  }

  /**
   * Deletes all stored data and ends all running work: the `done` of a sync, and a `verify`, reject with `wiped`. The
   * client stays usable, and the next sync begins from nothing.
   */
  wipe(): Promise<void> {
    return this.#engine.wipe()
  }

  /** Writes all verified data, hangs up, and releases the database and the worker. May be called twice. */
  close(): Promise<void> {
    this.#stopWatching()
    return this.#engine.close()
  }

  #receive(event: EngineEvent): void {
    if (event.kind === 'progress') {
      this.#progress = event.progress
      this.#coverage = event.coverage
      this.#syncOf(event.id)?.receive(event.progress, event.coverage)
      this.dispatchEvent(new CustomEvent('progress', { detail: event.progress }))
    } else if (event.kind === 'stalled') {
      this.#syncOf(event.id)?.receiveStall(event.reason, event.details)
      this.dispatchEvent(new CustomEvent('stalled', { detail: { reason: event.reason, details: event.details } }))
    } else if (event.kind === 'paused') {
      this.#syncOf(event.id)?.receivePause(event.reason, fromPlainError(event.error))
    } else if (event.kind === 'verifying') {
      this.#tellVerification(event.id, event.progress)
    } else if (event.kind === 'role') {
      this.dispatchEvent(new CustomEvent('role', { detail: event.role }))
    } else if (event.kind === 'peers') {
      this.#peers = event.peers
      this.dispatchEvent(new CustomEvent('peers', { detail: event.peers }))
    } else if (event.kind === 'storeClosed') {
      this.dispatchEvent(new CustomEvent('storeClosed', { detail: { reason: event.reason } }))
    } else {
      this.dispatchEvent(new CustomEvent('damaged', { detail: event.damage }))
    }
  }

  /**
   * Calls the listener of a verification. A throwing listener is the application's bug, and no reason to miss the next
   * event.
   */
  #tellVerification(id: number, progress: VerifyProgress): void {
    try {
      this.#verifications.get(id)?.(progress)
    } catch (error) {
      console.error('`onProgress` threw', error)
    }
  }

  #syncOf(id: number | null): Sync | undefined {
    return id === null ? undefined : this.#syncs.get(id)
  }
}
