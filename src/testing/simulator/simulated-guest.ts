/**
 * Another tab sending requests to ours while ours syncs. The guest uses a connection of its own and the real requester.
 * The requests are for runs, ways and codes of any state of the trial. All answers must be true, and our tab must find
 * no damage meanwhile.
 */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { NetworkPeer } from '../../network/peers/peer.ts'
import { statusOf } from '../../protocol/messages.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Keccak } from '../../trie/keccak.ts'
import { pathOfKey } from '../../trie/path.ts'
import type { Random } from '../random.ts'
import { Link } from './link.ts'
import type { SimulatedState } from './states.ts'
import type { Tab } from './tab.ts'
import { runOf, wayOf } from './trie-source.ts'

export interface SimulatedGuestOptions {
  readonly states: readonly SimulatedState[]
  readonly random: Random
  readonly keccak: Keccak
  readonly clock: Clock
  readonly count: (what: string) => void
  readonly onFailure: (error: Error) => void
}

const CHAIN_ID = 1
/** Guests are near: the trial tests their requests while our tab writes, not their line. */
const LINE = { roundTripMs: 4, jitterMs: 5, bytesPerMs: 5_000, serviceMs: 0 }
const MOST_REQUESTS = 60
const MOST_PAUSE_MS = 30
const MAX_BYTES = 64 * 1024

export class SimulatedGuest {
  readonly #options: SimulatedGuestOptions
  readonly #tab: Tab
  readonly #peer: NetworkPeer
  readonly #link: Link
  #left: number

  constructor(name: string, tab: Tab, options: SimulatedGuestOptions) {
    const { clock, random } = options
    this.#options = options
    this.#tab = tab
    this.#left = 1 + random.int(MOST_REQUESTS)
    this.#link = new Link({ ...LINE, clock, random })
    this.#peer = new NetworkPeer({
      id: name,
      address: name,
      transport: 'webrtc',
      wire: this.#link.tab,
      status: statusOf(CHAIN_ID),
      clock,
      onLeave: ({ reason, message }) => {
        if (reason === 'protocolViolation') options.onFailure(new Error(`a guest is told what cannot be: ${message}`))
        this.#left = 0
      },
    })
  }

  /** Sends requests until none is left, or until the connection ends. Never rejects. */
  async visit(): Promise<void> {
    const { clock, random } = this.#options
    this.#tab.welcome('a guest', this.#link.server)
    try {
      await this.#peer.start()
      while (this.#left-- > 0) {
        await this.#ask()
        await new Promise<void>((resolve) => clock.after(random() * MOST_PAUSE_MS, resolve))
      }
    } catch (error) {
      // Other errors are expected: the tab has gone, or sleeps for longer than a guest waits.
      if (error instanceof FalseAnswer) this.#options.onFailure(error)
    }
    this.#link.tab.die()
  }

  async #ask(): Promise<void> {
    const { random, states } = this.#options
    // Guest and sync can disagree only about the state being written now.
    const state = (random() < 0.7 && this.#tab.running?.state) || random.pick(states)
    const kind = random()
    const request = kind < 0.6 ? this.#askRun(state) : kind < 0.9 ? this.#askWay(state) : this.#askCode(state)
    if (await request) this.#options.count('served')
  }

  async #askRun(state: SimulatedState): Promise<boolean> {
    const { random } = this.#options
    if (state.nodes.length === 0) return false
    // Long runs cross stored nodes, nodes being written, and missing nodes.
    const { path, hash } =
      random() < 0.5 ? state.nodes[random.int(Math.min(4, state.nodes.length))]! : random.pick(state.nodes)
    const maxNodes = random.pick([0, 0, 1, 10])
    const requests = [{ path, hash, maxNodes }]
    const [run] = await this.#peer.getNodes(state.root, requests, MAX_BYTES, new AbortController().signal)
    return this.#compare('run', run, Buffer.concat(runOf(state, { path, hash }, maxNodes, Number.POSITIVE_INFINITY)))
  }

  async #askWay(state: SimulatedState): Promise<boolean> {
    const { random } = this.#options
    const first = state.nodes[0]
    if (first === undefined) return false
    const key = pathOfKey(random() < 0.3 ? random.bytes(32) : random.pick([...state.accounts]).key)
    const requests = [{ path: first.path, hash: first.hash, key }]
    const [way] = await this.#peer.getPaths(state.root, requests, MAX_BYTES, new AbortController().signal)
    return this.#compare('way', way, Buffer.concat(wayOf(state, first, key)))
  }

  async #askCode(state: SimulatedState): Promise<boolean> {
    const hashes = [...state.codes.keys()]
    if (hashes.length === 0) return false
    const hash = this.#options.random.pick(hashes)
    const [code] = await this.#peer.getCode([hexToBytes(hash)], MAX_BYTES, new AbortController().signal)
    return this.#compare('code', code, state.codes.get(hash)!)
  }

  /** Throws unless the answer is the truth, or the beginning of the truth. Returns true if the answer is not empty. */
  #compare(what: string, got: Uint8Array = new Uint8Array(), truth: Uint8Array): boolean {
    if (got.length > truth.length || bytesToHex(got) !== bytesToHex(truth.subarray(0, got.length))) {
      throw new FalseAnswer(`a guest is served a false ${what}`)
    }
    return got.length > 0
  }
}

class FalseAnswer extends Error {}
