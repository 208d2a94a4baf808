/** Checks after every step of a trial, whatever has happened. Each check throws an error naming the broken rule. */
import { bytesToHex } from '@noble/hashes/utils.js'
import { MAX_REQUEST_BYTES } from '../../network/constants.ts'
import type { Departure } from '../../network/departure.ts'
import type { Request } from '../../protocol/messages.ts'
import type { StateStore } from '../../store/state-store.ts'
import { MAX_HELD_BYTES, MAX_IN_FLIGHT_BYTES, MAX_OPEN_GAPS, MAX_REQUESTS_PER_PEER } from '../../sync/constants.ts'
import type { StateSync } from '../../sync/state-sync.ts'
import { equalHash } from '../../trie/keccak.ts'
import type { BuiltNode } from '../../trie/trie-builder.ts'
import type { Random } from '../random.ts'
import { checkFrontier } from './frontier-check.ts'
import type { Offence } from './liar.ts'
import type { Server } from './server.ts'
import type { SimulatedState } from './states.ts'
import type { RunningSync, Tab } from './tab.ts'

export interface ChecksOptions {
  readonly servers: readonly Server[]
  readonly states: readonly SimulatedState[]
  readonly random: Random
  /** Returns false while the tab's machine has no network. */
  readonly isOnline: () => boolean
  /** Returns true if the disk has this node, in any generation. */
  readonly isStored: (node: Pick<BuiltNode, 'path' | 'blob'>) => boolean
  /** Counts of the checks actually made. */
  readonly tally: Record<string, number>
}

/** Steps between the first two checks of the whole frontier. The interval grows, to keep long trials affordable. */
const FIRST_INTERVAL = 8
const INTERVAL_GROWTH = 1.2
/**
 * Most gaps added by one answer at the window's edge: the children of a node and of its siblings, on every level of two
 * tries.
 */
const MAX_NEW_GAPS = 2 * 64 * 15

interface Charge {
  readonly server: Server
  readonly tab: Tab
  /** The sync due to check the answer, or `null` if the peer or a read checks the answer. */
  readonly sync: StateSync | null
}

export class Checks {
  steps = 0
  readonly #options: ChecksOptions
  readonly #charges: Charge[] = []
  #interval = FIRST_INTERVAL
  #nextLook = FIRST_INTERVAL
  #failure: Error | null = null

  constructor(options: ChecksOptions) {
    this.#options = options
  }

  /**
   * Notes an offence of `server` about to reach `tab`. Once the tab has checked the answer, the server has to be
   * banned.
   */
  expectBlame(tab: Tab, server: Server, offence: Offence, request: Request): void {
    if (offence === 'violation') {
      if (tab.peers.byId(server.id) !== undefined) this.#charges.push({ server, tab, sync: null })
      return
    }
    const kind = tab.ledger.kindOf(server.id, request.id)
    // A read checks its answer whether or not a sync runs.
    if (kind === 'way') this.#charges.push({ server, tab, sync: null })
    else if (kind !== undefined && looksAtAnswers(tab.running)) {
      this.#charges.push({ server, tab, sync: tab.running?.sync ?? null })
    }
  }

  /** Throws if a peer without any offence is banned for lying. */
  judgeDeparture(server: Server, { reason, message }: Departure): void {
    const isBlamed = reason === 'lied' || reason === 'protocolViolation'
    if (isBlamed && server.offences === 0) throw new Error(`${server.id} never lied, and is blamed: ${message}`)
  }

  /** Runs the checks. The trial calls this when a step has settled. */
  afterStep(tab: Tab): void {
    this.steps++
    if (this.#failure !== null) throw this.#failure
    if (!tab.isAway) this.#checkCharges()
    const { running } = tab
    const scheduler = running?.sync.scheduler
    if (running === null || scheduler === null || scheduler === undefined) return
    this.#checkBounds(tab)
    this.#checkTarget(tab)
    this.#checkPause(tab)
    if (running.isEnding || this.steps < this.#nextLook) return
    this.#nextLook = this.steps + Math.ceil(this.#interval)
    this.#interval *= INTERVAL_GROWTH
    this.#count('frontier checks')
    checkFrontier(scheduler, running.state, this.#options.isStored)
    tab.ledger.check(scheduler)
    this.#read(tab, running)
  }

  #checkCharges(): void {
    for (const { server, tab, sync } of this.#charges) {
      // A sync ended meanwhile has checked no more answers.
      if (tab.isDead || (sync !== null && (tab.running?.sync !== sync || !looksAtAnswers(tab.running)))) continue
      const reason = tab.peers.banOf(server.id)?.reason
      // A waking tab may drop the peer for silence before the tab reads the answers received meanwhile.
      if (sync === null && reason === 'stalled') continue
      if (reason !== 'lied' && reason !== 'protocolViolation') throw new Error(`${server.id} lied, and is not banned`)
      this.#count('lies blamed')
    }
    this.#charges.length = 0
  }

  /** Throws if the store names another target than the running sync, whatever the earlier targets were. */
  #checkTarget({ store, running }: Tab): void {
    const target = store?.newestTarget()
    if (target == null || equalHash(target.root, running!.state.root)) return
    throw new Error(`the target is ${running!.state.rootHex}, and is said to be ${bytesToHex(target.root)}`)
  }

  #checkBounds({ running, ledger, peers }: Tab): void {
    const { servers } = this.#options
    const scheduler = running!.sync.scheduler!
    const mostOfAll = MAX_IN_FLIGHT_BYTES + MAX_REQUEST_BYTES
    const mostInFlight = Math.min(mostOfAll, (1 + servers.length) * MAX_REQUESTS_PER_PEER * MAX_REQUEST_BYTES)
    if (ledger.bytesAsked > mostInFlight) throw new Error(`${ledger.bytesAsked} bytes are asked for at once`)
    if (scheduler.heldBytes > MAX_HELD_BYTES + mostInFlight) throw new Error(`${scheduler.heldBytes} bytes are held`)
    const mostGaps = MAX_OPEN_GAPS + MAX_NEW_GAPS * (1 + [...peers.connected()].length)
    if (scheduler.gaps.size > mostGaps) throw new Error(`${scheduler.gaps.size} gaps`)
  }

  /**
   * Throws if a sync reports a stall for want of peers, and the cause is another: no network, or a dialer not loaded.
   */
  #checkPause({ running, isAway, loadFailure }: Tab): void {
    if (isAway || running!.isEnding) return
    const { phase, reason } = running!.sync.progress()
    if (reason === 'noPeers' && loadFailure !== null)
      throw new Error('a sync lacks peers, for what dials was not loaded')
    if (reason === 'loadFailed') this.#count('told of a failed load')
    if (this.#options.isOnline()) return
    if (reason === 'noPeers') throw new Error('a sync without a network is stalled for want of peers')
    // A sync that has just begun is connecting, and one that reads its disk is syncing: neither is paused yet.
    if (phase === 'paused') this.#count('paused')
  }

  /**
   * Reads a random node of the target, possibly not stored yet, and one of the last complete state, which must be
   * stored.
   */
  #read({ store }: Tab, { state, sync, generation: { number: generation } }: RunningSync): void {
    if (store === null) return
    const node = this.#options.random.pick(state.nodes)
    const found = sync.find(node.path)
    if (found !== undefined) this.#expectSame(node, found)
    this.#expectRead(store, generation, node, () => true)
    const complete = store.lastComplete()
    const before = this.#options.states.find(({ root }) => complete !== null && equalHash(root, complete.root))
    if (complete === null || before === undefined) return
    const mayBeGone = () => store.lastComplete()?.generation !== complete.generation
    this.#expectRead(store, complete.generation, this.#options.random.pick(before.nodes), mayBeGone)
  }

  #expectRead(store: StateStore, generation: number, node: BuiltNode, mayBeMissing: () => boolean): void {
    store
      .reader(generation)
      .node(node.path, node.hash)
      .then(
        (blob) => {
          if (blob !== undefined) this.#expectSame(node, blob)
          else if (!mayBeMissing()) this.#fail(`a reader of the complete state misses '${node.path}'`)
        },
        (error) => this.#fail(`a read of '${node.path}' fails: ${error}`),
      )
  }

  #expectSame({ path, blob }: BuiltNode, got: Uint8Array): void {
    this.#count('reads')
    if (bytesToHex(got) !== bytesToHex(blob)) this.#fail(`a reader sees a false node at '${path}'`)
  }

  #fail(message: string): void {
    this.#failure ??= new Error(message)
  }

  #count(what: string): void {
    const { tally } = this.#options
    tally[what] = (tally[what] ?? 0) + 1
  }
}

/** Returns false once a sync is about to end: the sync then only writes, and checks no further answer. */
function looksAtAnswers(running: RunningSync | null): boolean {
  return running !== null && !running.isEnding && (running.sync.scheduler?.pending ?? 0) > 0
}
