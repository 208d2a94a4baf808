/** Runs one sync of the engine: learns its target, opens its generation, and wires the loop to disk, peers and events. */
import type { PeerSet } from '../../network/peers/peer-set.ts'
import { systemClock } from '../../runtime/clock.ts'
import { isOnline } from '../../runtime/connectivity.ts'
import type { Trace } from '../../runtime/trace.ts'
import { yieldThread } from '../../runtime/yield-thread.ts'
import type { StateTarget } from '../../store/generations/choose-generation.ts'
import type { Generation } from '../../store/generations/generation.ts'
import type { StateStore } from '../../store/state-store.ts'
import { RETRY_EMPTY_MS } from '../../sync/constants.ts'
import type { SyncProgress } from '../../sync/progress.ts'
import { StateSync } from '../../sync/state-sync.ts'
import type { Keccak } from '../../trie/keccak.ts'
import { scanAccount } from '../../trie/leaf.ts'
import type { Scope } from '../../trie/scope.ts'
import { checkHeader } from '../../wallet/header.ts'
import { parseRoot, type Trusted } from '../../wallet/parse.ts'
import type { EngineEvent } from '../engine.ts'
import type { ForegroundWork } from '../serving/foreground-work.ts'
import { toPlainError } from '../to-plain-error.ts'
import type { Compaction } from './compaction.ts'
import { findHeader } from './find-header.ts'
import type { PeerNetwork } from './peer-network.ts'
import { readQuota } from './quota.ts'
import { hexOf } from './reads.ts'
import type { ReadsOnDemand } from './reads-on-demand.ts'
import type { Claim } from './sync-slot.ts'

export interface SyncRunnerParts {
  readonly store: StateStore
  readonly keccak: Keccak
  readonly peers: PeerSet
  readonly network: PeerNetwork
  readonly foreground: ForegroundWork
  readonly reads: ReadsOnDemand
  readonly compaction: Compaction
  readonly emit: (event: EngineEvent) => void
  readonly trace: Trace | null
}

export class SyncRunner {
  readonly #parts: SyncRunnerParts

  constructor(parts: SyncRunnerParts) {
    this.#parts = parts
  }

  /** Brings the trusted state, or the part of it within `scope`, to disk. Rejects as the sync does, or as `claim` is revoked. */
  async run(claim: Claim, trusted: Trusted, scope: Scope): Promise<SyncProgress> {
    const target: StateTarget = { ...(await this.#learn(claim, trusted)), scope }
    const { store, network, foreground, reads, compaction, trace } = this.#parts
    await compaction.stop()
    await reads.keep() // nodes that reads have fetched are not fetched again
    const generation = await store.target(target)
    // While the predecessor ended and the disk answered, this claim may have been revoked.
    if (claim.revoked !== null) throw claim.revoked
    network.start()
    const sync = this.#createSync(claim.id, target.root, generation)
    claim.running = { sync, generation }
    trace?.('store', 'began', { ...stateOf(generation), whole: target.scope?.isAll ?? true })
    claim.onRunning()
    try {
      const summary = await foreground.sync(() => sync.run())
      trace?.('store', 'completed', stateOf(generation))
      reads.meetComplete()
      if (claim.revoked === null) void compaction.start()
      return summary
    } catch (error) {
      trace?.('sync', 'ended', { error: String(error) })
      throw error
    } finally {
      claim.running = null
    }
  }

  /** Returns the root, and for a trusted block its header and number. */
  async #learn(claim: Claim, trusted: Trusted): Promise<Omit<StateTarget, 'scope'>> {
    if ('root' in trusted) return trusted
    const header = trusted.header ?? (await this.#findHeader(claim, trusted.block))
    const { stateRoot, number } = checkHeader(trusted.block, header)
    return { root: parseRoot(stateRoot), blockNumber: number, header }
  }

  async #findHeader(claim: Claim, block: Uint8Array): Promise<Uint8Array> {
    const { reads, emit } = this.#parts
    const revoked = new Promise<never>((_, reject) => {
      claim.stop = reject
    })
    const found = findHeader(block, {
      find: (hash) => reads.header(hash),
      onStalled: (reason, details) => emit({ kind: 'stalled', id: claim.id, reason, details }),
      pause: () => Promise.race([revoked, new Promise<void>((resolve) => systemClock.after(RETRY_EMPTY_MS, resolve))]),
    })
    return Promise.race([found, revoked]).finally(() => {
      claim.stop = null
    })
  }

  #createSync(id: number, root: Uint8Array, generation: Generation): StateSync {
    const { peers, keccak, network, reads, emit, trace } = this.#parts
    const wireBytesBefore = peers.wireBytes()
    const sync: StateSync = new StateSync({
      root,
      generation: () => generation.number,
      disk: generation,
      peers,
      keccak,
      leaf: scanAccount,
      clock: systemClock,
      yieldThread,
      isOnline,
      isYielding: () => reads.isBusy,
      receivedBytes: () => peers.wireBytes() - wireBytesBefore,
      onProgress: (progress) => {
        emit({ kind: 'progress', id, progress, coverage: sync.coverage() })
        emit({ kind: 'peers', peers: peers.snapshots() })
      },
      estimateStorage: readQuota,
      onStalled: (reason, details) => emit({ kind: 'stalled', id, reason, details }),
      loadFailure: () => network.loadFailure,
      trace,
      onPaused: (error) => emit({ kind: 'paused', id, reason: 'storageFull', error: toPlainError(error) }),
    })
    return sync
  }
}

function stateOf({ root, number }: Generation) {
  return { root: hexOf(root), generation: number }
}
