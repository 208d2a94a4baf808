/** What holds after every step of a trial, whatever happens; each check throws with what does not. */
import { bytesToHex } from '@noble/hashes/utils.js'
import type { Departure } from '../../network/blame.ts'
import { MAX_REQUEST_BYTES } from '../../network/constants.ts'
import type { Request } from '../../protocol/messages.ts'
import type { StateStore } from '../../store/state-store.ts'
import { MAX_HELD_BYTES, MAX_IN_FLIGHT_BYTES, MAX_REQUESTS_PER_PEER, MAX_WINDOW } from '../../sync/constants.ts'
import type { StateSync } from '../../sync/loop.ts'
import type { BuiltNode } from '../../trie/builder.ts'
import { equalHash } from '../../trie/keccak.ts'
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
  /** False while the tab's machine has no network. */
  readonly isOnline: () => boolean
  /** True if the disk has this node, in whatever generation. */
  readonly isStored: (node: Pick<BuiltNode, 'path' | 'blob'>) => boolean
  /** Counts what was really checked. */
  readonly tally: Record<string, number>
}

/** Steps between two looks at the whole frontier in the beginning; it grows, so that long trials stay affordable. */
const FIRST_INTERVAL = 8
const INTERVAL_GROWTH = 1.2
/** Children of one node and its siblings, on every level of two tries: what one answer at the window's edge may add. */
const MAX_NEW_GAPS = 2 * 64 * 15

interface Charge {
  readonly server: Server
  readonly tab: Tab
  /** The sync that will look at the answer; `null`: the peer itself judges it, or a read does. */
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

  /** An offence of `server` is about to reach `tab`: it has to be banned when the tab has looked at it. */
  expectBlame(tab: Tab, server: Server, offence: Offence, request: Request): void {
    if (offence === 'violation') {
      if (tab.peers.byId(server.id) !== undefined) this.#charges.push({ server, tab, sync: null })
      return
    }
    const kind = tab.ledger.kindOf(server.id, request.id)
    // A read looks at its answer whether or not a sync runs.
    if (kind === 'way') this.#charges.push({ server, tab, sync: null })
    else if (kind !== undefined && looksAtAnswers(tab.running)) {
      this.#charges.push({ server, tab, sync: tab.running?.sync ?? null })
    }
  }

  /** No peer that never lied is kept out for lying. */
  judgeDeparture(server: Server, { reason, message }: Departure): void {
    const isBlamed = reason === 'lied' || reason === 'protocolViolation'
    if (isBlamed && server.offences === 0) throw new Error(`${server.id} never lied, and is blamed: ${message}`)
  }

  /** To be called when a step has settled. */
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
      // A sync that has ended meanwhile looked at no more answers.
      if (tab.isDead || (sync !== null && (tab.running?.sync !== sync || !looksAtAnswers(tab.running)))) continue
      const reason = tab.peers.banOf(server.id)?.reason
      // A tab that wakes up may drop it for its silence before it comes to what has arrived meanwhile.
      if (sync === null && reason === 'stalled') continue
      if (reason !== 'lied' && reason !== 'protocolViolation') throw new Error(`${server.id} lied, and is not banned`)
      this.#count('lies blamed')
    }
    this.#charges.length = 0
  }

  /** The store says which state is wanted, whatever was wanted before. */
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
    const mostGaps = MAX_WINDOW + MAX_NEW_GAPS * (1 + [...peers.connected()].length)
    if (scheduler.gaps.size > mostGaps) throw new Error(`${scheduler.gaps.size} gaps`)
  }

  /** Without a network a sync is paused: to be without peers then is no stall. Nor is it the peers' fault that nothing dials them. */
  #checkPause({ running, isAway, loadFailure }: Tab): void {
    if (isAway || running!.isEnding) return
    const { phase, reason } = running!.sync.progress()
    if (reason === 'noPeers' && loadFailure !== null)
      throw new Error('a sync lacks peers, for what dials was not loaded')
    if (reason === 'loadFailed') this.#count('told of a failed load')
    if (this.#options.isOnline()) return
    if (reason === 'noPeers') throw new Error('a sync without a network is stalled for want of peers')
    if (phase === 'paused') this.#count('paused')
  }

  /** A reader asks for some node of the target, which may be there, and of the last complete state, which is. */
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

/** False once a sync is about to end: it writes, and looks at no answer any more. */
function looksAtAnswers(running: RunningSync | null): boolean {
  return running !== null && !running.isEnding && (running.sync.scheduler?.pending ?? 0) > 0
}
