/**
 * The light client as an application sees it: syncs, reads and events. It owns one engine, in the worker that the
 * application gave it or on its own thread; both behave the same.
 */

import { exportStream, fileStreamOf, importStream } from './backup-streams.ts'
import { parseProviderOptions, parseRead, parseSignal } from './call-options.ts'
import type { PeerSnapshot } from './network/peers/peer-set.ts'
import type { ClosedReason } from './store/database/connection.ts'
import type { Damage } from './store/generations/damage.ts'
import type { StallReason, SyncProgress } from './sync/progress.ts'
import { Sync } from './sync-handle.ts'
import type { ErrorDetails } from './trie/error.ts'
import { TypedEventTarget } from './typed-events.ts'
import {
  checkAddress,
  checkProofInput,
  checkRoot,
  checkSlot,
  checkSlots,
  checkTarget,
  type ProofInput,
  type SlotNumber,
} from './wallet/input.ts'
import { checkType, fieldsOf } from './wallet/plain.ts'
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
  ReadAt,
  StorageReport,
  SyncTarget,
  TabRole,
  VerifyProgress,
  VerifySummary,
} from './worker/engine.ts'
import { fromPlainError } from './worker/errors.ts'

export interface ReadOptions {
  /**
   * The last complete root (the default, once there is one), the one that is being synced, or a root that you trust, as `0x`
   * and 64 hex digits: it need not be synced at all.
   */
  readonly at?: ReadAt
  readonly signal?: AbortSignal
}

export interface VerifyOptions {
  readonly signal?: AbortSignal
  /** Called some times a second, and at the end. */
  readonly onProgress?: (progress: VerifyProgress) => void
}

export interface ImportOptions {
  /** The root that the file has to be of, `0x` and 64 hex digits; left out: whatever root it is of. */
  readonly root?: string
  readonly signal?: AbortSignal
}

export interface LightClientEventMap {
  /** Of the sync that runs, whichever tab asked for it: as {@link Sync} tells it to who did. */
  progress: CustomEvent<SyncProgress>
  stalled: CustomEvent<{ readonly reason: StallReason; readonly details: ErrorDetails | null }>
  /** This tab has become the one that writes to the database, or has lost that place to another. */
  role: CustomEvent<TabRole>
  /** {@link LightClient.addresses} have changed. */
  addresses: CustomEvent<readonly string[]>
  /** The list of {@link LightClient.peers} has changed. */
  peers: CustomEvent<readonly PeerSnapshot[]>
  /** A page or a code on disk was found damaged and dropped; the next sync of its root fetches it again. */
  damaged: CustomEvent<Damage>
  /**
   * The database was closed under the client: another tab upgrades or deletes it (`versionchange`), the browser has evicted
   * it (`evicted`), or has closed it and opens it no more (`terminated`). The sync that runs ends with `storeFailed`, what
   * needs the disk rejects with `databaseClosed`, and a new client begins with whatever is there then.
   */
  storeClosed: CustomEvent<{ readonly reason: ClosedReason }>
}

export interface LightClientParts {
  readonly engine: Engine
  /** Tells `engine`, an {@link EngineEvent} in its `detail`, and `addresses`. */
  readonly events: EventTarget
  readonly chainId: number
  /** The window's libp2p node; `null`: nothing of WebRTC is wanted. */
  readonly windowNode: { readonly addresses: readonly string[] } | null
}

/** See the head of this file; made by `createLightClient`. */
export class LightClient extends TypedEventTarget<LightClientEventMap> {
  readonly #engine: Engine
  readonly #syncs = new Map<number, Sync>()
  readonly #verifications = new Map<number, (progress: VerifyProgress) => void>()
  /** Of syncs and other commands. */
  #nextId = 0
  #peers: readonly PeerSnapshot[] = []
  #progress: SyncProgress | null = null
  #coverage: Float32Array = new Float32Array(4096)
  readonly #windowNode: { readonly addresses: readonly string[] } | null
  readonly #stopWatching: () => void
  /** As it was given. */
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
    // A hidden tab may be discarded without another word. An engine that is gone has nothing to keep.
    this.#stopWatching = watchHiding(() => this.#engine.keep().catch(() => {}))
  }

  /**
   * Brings the state under `root` to disk, and goes on where an earlier sync of it was cut off. In place of a root a `block`
   * can be trusted, by its hash: its header, passed in or fetched from a peer, is checked by it. With `accounts` or `storage`
   * it is that part of the state: what a wallet watches. Another scope later, or none, takes over what is there; what the
   * last one leaves out goes with the next compaction. Supersedes a sync that
   * runs: its `done` rejects with `superseded`. The tabs of an origin have one sync between them: one to the same target as
   * another tab's joins it, `cancel` in any of them ends it for all, and `leave` in the last of them. Throws `badArgument`, `badTarget`, `badRootText`,
   * `badBlockHash`, `badHeader`, `badNumber`, `badAddress` or `badSlot`; `done` rejects with `headerMismatch`, too.
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

  /** The sync that runs, whichever tab asked for it, as it was told last; or how the last one ended. `null`: none ever ran. */
  get progress(): SyncProgress | null {
    return this.#progress
  }

  /** What of the key space that sync has verified, as it was told with {@link progress}; see {@link Sync.coverage}. */
  coverage(): Float32Array {
    return this.#coverage
  }

  /**
   * An EIP-1193 provider over verified state, for wallets and libraries that speak it. It returns at once, and loads what
   * answers at the first request. What takes more than state goes to `fallback`, which is trusted, or is error 4200; blocks
   * that are not known are refused. Throws `badArgument`.
   */
  provider(options: ProviderOptions = {}): Eip1193Provider {
    return createProvider({
      ...parseProviderOptions(options),
      source: this,
      chainId: this.chainId,
      settledStatus: () => this.#engine.settledStatus(),
    })
  }

  /** The peers that this client knows, as they were when `peers` was told last. */
  peers(): readonly PeerSnapshot[] {
    return this.#peers
  }

  /**
   * Where other tabs can dial this one: multiaddrs for their `peers`. None unless it serves, is the tab that writes, and has
   * a place on a relay. Changes are told as `addresses`.
   */
  addresses(): readonly string[] {
    return this.#windowNode?.addresses ?? []
  }

  /** What is complete on disk, and what was to be, whether or not a peer can be reached. */
  status(): Promise<ClientStatus> {
    return this.#engine.status()
  }

  /**
   * Whether this tab is the one that writes to the database and has the peers, or follows the one that is. That makes no
   * difference to what a client can do.
   */
  role(): Promise<TabRole> {
    return this.#engine.role()
  }

  /**
   * The account at an address (`0x` and 40 hex digits); `null` means proven absent. What is not on disk is fetched from peers,
   * ahead of a sync that runs, verified and kept. This and the other reads reject with
   * `notSynced` (not on disk, and cannot be fetched now), `damagedPage` (found just now, and dropped), `badAddress`,
   * `badArgument`, `badRootText`, `badRoot`, `closed`, or the reason of `signal`.
   */
  async getAccount(address: string, options: ReadOptions = {}): Promise<Answer<AccountValue | null>> {
    const { at, signal } = parseRead(options)
    checkAddress(address)
    return abortable(signal, () => this.#engine.getAccount(address, at))
  }

  /** A slot's value as `0x` and 64 hex digits; zero is proven absent. `slot` is an integer, or `0x` and its hex digits. Rejects with `badSlot`, too. */
  async getStorageAt(address: string, slot: SlotNumber, options: ReadOptions = {}): Promise<Answer<string>> {
    const { at, signal } = parseRead(options)
    checkAddress(address)
    checkSlot(slot)
    return abortable(signal, () => this.#engine.getStorageAt(address, slot, at))
  }

  /** The bytecode at an address; `0x` for an account that has none, or that is proven absent. Rejects with `damagedCode`, too. */
  async getCode(address: string, options: ReadOptions = {}): Promise<Answer<string>> {
    const { at, signal } = parseRead(options)
    checkAddress(address)
    return abortable(signal, () => this.#engine.getCode(address, at))
  }

  /**
   * An account and slots of it with the nodes that prove them, or their absence, in the shape of EIP-1186. Rejects with
   * `badSlot`, too.
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
   * Takes in a proof that the application has already, of EIP-1186, if it is one under the root of {@link ReadOptions.at}: reads of
   * what it proves ask no peer then. Answers with what it proves. Rejects with `badProof`, too.
   */
  async addProof(proof: ProofInput, options: ReadOptions = {}): Promise<Answer<ProofValue>> {
    const { at, signal } = parseRead(options)
    const plain = checkProofInput(proof)
    return abortable(signal, () => this.#engine.addProof(plain, at))
  }

  /**
   * Asks the browser to evict this origin's data no more; it may ask the user. Resolves with its answer: false where it
   * refuses, or knows no such thing. Nothing here asks by itself.
   */
  persist(): Promise<boolean> {
    // In the window, whichever thread the engine has: workers may not ask.
    return askToPersist()
  }

  /**
   * Checks everything of the last complete state on disk against its root: every node, code and page. What is damaged is
   * dropped, and told as `damaged`; the next sync of that root fetches it again. Rejects with
   * `notSynced`, `closed`, `generationGone` (a newer state is complete meanwhile), or the reason of `signal`.
   */
  async verify(options: VerifyOptions = {}): Promise<VerifySummary> {
    const { signal: aborts, onProgress } = fieldsOf('the options of verify', options, ['signal', 'onProgress'])
    const signal = parseSignal(aborts)
    const id = this.#nextId++
    if (onProgress !== undefined) {
      checkType('onProgress', 'function', onProgress)
      this.#verifications.set(id, onProgress as NonNullable<VerifyOptions['onProgress']>)
    }
    const verified = abortable(
      signal,
      () => this.#engine.verify(id),
      () => this.#engine.abort(id),
    )
    return verified.finally(() => this.#verifications.delete(id))
  }

  /**
   * The last complete state as one file, of which `backup/FORMAT.md` in the sources says the form: for a backup, or to ship
   * with an application. Everything is checked on its way out. Reading it fails with `notSynced`, `incomplete` (something
   * was lost: sync its root first), `damagedPage`, `damagedCode` (found just now, and dropped), `exportGone`, `generationGone`
   * or `closed`; it ends without an error only if it is whole. Should the tab that writes end, it goes on with the next one.
   */
  export(): ReadableStream<Uint8Array> {
    return exportStream(this.#engine, this.#nextId++)
  }

  /**
   * Reads such a file in, checking every node and code: the state is then complete, as after a sync, whose place it takes.
   * Pass the `root` that you trust: left out, it is the file's own, which is as trustworthy as the file. Rejects with
   * `badArgument`, `badRootText`, `badExport`, `exportCutOff`, `exportOfOtherChain`, `exportOfOtherRoot`, `exportTooNew`, `badRoot`,
   * `superseded`, `wiped`, `closed`, `importCutOff` (the tab that wrote it ended: import it again), with what the stream fails
   * with, or with the reason of `signal`. What was verified before that stays, and a
   * sync of the same root goes on from it.
   */
  async import(file: ReadableStream<Uint8Array> | Blob, options: ImportOptions = {}): Promise<ImportSummary> {
    const { root: wanted, signal: aborts } = fieldsOf('the options of import', options, ['root', 'signal'])
    const root = wanted === undefined ? null : `0x${checkRoot(wanted)}`
    const signal = parseSignal(aborts)
    const stream = fileStreamOf(file)
    const id = this.#nextId++
    return abortable(
      signal,
      () => importStream(this.#engine, id, stream, root),
      () => this.#engine.cancel(id),
    )
  }

  /** What is stored, by generation, and the room there is. Reads no page and no code. */
  storage(): Promise<StorageReport> {
    return this.#engine.storage()
  }

  /**
   * Deletes everything that is stored, and ends what runs: the `done` of a sync, and a `verify`, reject with `wiped`. The
   * client stays usable, and the next sync begins from nothing.
   */
  wipe(): Promise<void> {
    return this.#engine.wipe()
  }

  /** Writes what is verified, hangs up, and lets go of the database and the worker. May be called twice. */
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

  /** A listener that throws is the application's to mend, and no reason to miss the next event. */
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

/** False outside of secure contexts, too: there is no storage manager. */
async function askToPersist(): Promise<boolean> {
  const manager = globalThis.navigator?.storage as StorageManager | undefined
  return (await manager?.persist?.()) ?? false
}

/** Calls `listener` when the page is hidden. Returns the way to stop that. */
function watchHiding(listener: () => void): () => void {
  const { document } = globalThis
  if (document === undefined) return () => {}
  const onChange = () => {
    if (document.visibilityState === 'hidden') listener()
  }
  document.addEventListener('visibilitychange', onChange)
  return () => document.removeEventListener('visibilitychange', onChange)
}

/** Runs `read` unless, or until, `signal` aborts; `stopReading` is called then. */
async function abortable<T>(
  signal: AbortSignal | undefined,
  read: () => Promise<T>,
  stopReading: () => Promise<void> = async () => {},
): Promise<T> {
  if (signal === undefined) return read()
  // Of whichever realm: older ones have no `throwIfAborted`, and no reason.
  const reasonOf = () => signal.reason ?? new DOMException('it was aborted', 'AbortError')
  if (signal.aborted) throw reasonOf()
  let stop = () => {}
  const aborted = new Promise<never>((_, reject) => {
    const onAbort = () => {
      stopReading().catch(() => {}) // an engine that is gone has stopped
      reject(reasonOf())
    }
    signal.addEventListener('abort', onAbort)
    stop = () => signal.removeEventListener('abort', onAbort)
  })
  return Promise.race([read(), aborted]).finally(stop)
}
