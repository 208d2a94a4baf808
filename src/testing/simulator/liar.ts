/**
 * A peer sending false or unrequested answers. Unlike the real responder, the liar keeps no rules: true answers come
 * from the source, and the vice bends them. A comparison with the truth tells which answers are lies.
 */
import { bytesToHex, concatBytes } from '@noble/hashes/utils.js'
import { MAX_REQUEST_FRAME_BYTES } from '../../protocol/constants.ts'
import { decodeMessage } from '../../protocol/decode.ts'
import { encodeAnswer, encodeStatus } from '../../protocol/encode.ts'
import { FrameSplitter } from '../../protocol/frames.ts'
import { type Answer, countWanted, type Request, type Status } from '../../protocol/messages.ts'
import { serveRequest } from '../../protocol/serve-request.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Keccak } from '../../trie/keccak.ts'
import type { NodeSource } from '../../trie/node-source.ts'
import type { Random } from '../random.ts'
import type { LinkEnd } from './link.ts'
import { runOf, type TrieSource, wayOf } from './trie-source.ts'
import type { LyingVice } from './vices.ts'

/** A `lie` is an answer with false bytes. A `violation` breaks the rules of the protocol, whatever the bytes are. */
export type Offence = 'lie' | 'violation'

export interface LiarOptions {
  readonly wire: LinkEnd
  readonly vice: LyingVice
  /** Share of bent answers, 0 to 1. */
  readonly zeal: number
  /** The source of the honest answers. */
  readonly source: NodeSource
  /** All true states. */
  readonly truth: TrieSource
  readonly status: Status
  readonly keccak: Keccak
  readonly clock: Clock
  readonly random: Random
  /** Called when an offending answer to `request` is about to reach the tab. */
  readonly onOffence: (offence: Offence, request: Request) => void
  /** Called when the connection has ended. */
  readonly onClose: () => void
}

const BLOAT = Uint8Array.of(0xc1, 0x80)

/** Answers the requests of one connection. Call `start` first. */
export class Liar {
  readonly #options: LiarOptions
  readonly #splitter = new FrameSplitter(MAX_REQUEST_FRAME_BYTES)
  readonly #past: Answer[] = []

  constructor(options: LiarOptions) {
    this.#options = options
  }

  start(): void {
    const { wire, status, onClose } = this.#options
    wire.open({ onChunk: (chunk) => this.#splitter.push(chunk, (frame) => this.#take(frame)), onClose })
    this.sendStatus(status)
  }

  sendStatus(status: Status): void {
    this.#post(encodeStatus(status))
  }

  #take(frame: Uint8Array): void {
    const message = decodeMessage(frame)
    if (message.kind !== 'status' && !('items' in message)) void this.#serve(message)
  }

  async #serve(request: Request): Promise<void> {
    const { source, clock, random, zeal } = this.#options
    const budget = { maxBytes: 1024 * 1024, clock, stopAtMs: Number.POSITIVE_INFINITY }
    const answer = await serveRequest(request, source, budget)
    if (random() >= zeal) this.#answer(request, answer)
    else this.#misbehave(request, answer)
    this.#past.push(answer)
    if (this.#past.length > 8) this.#past.shift()
  }

  #misbehave(request: Request, answer: Answer): void {
    const { vice, random } = this.#options
    const { id, items } = answer
    const bend = (kind: Answer['kind'], change: (item: Uint8Array) => Uint8Array) => {
      const bent = answer.kind === kind ? bendOne(random, items, change) : items
      this.#answer(request, { ...answer, items: bent })
    }
    if (vice === 'corrupt') bend('nodes', (item) => flipOneBit(random, item))
    else if (vice === 'codeLiar') bend('code', (item) => flipOneBit(random, item))
    else if (vice === 'truncating') bend('nodes', (item) => item.subarray(0, 1 + random.int(item.length - 1)))
    else if (vice === 'bloated' && random() < 0.5) bend('nodes', (item) => Uint8Array.from([...item, ...BLOAT]))
    else if (vice === 'bloated') this.#answer(request, { ...answer, items: [...items, BLOAT] })
    else if (vice === 'replaying') {
      const old = this.#past.findLast(({ kind }) => kind === answer.kind)
      if (old === undefined || random() < 0.3) {
        this.#answer(request, answer)
        this.#post(encodeAnswer(answer), () => this.#options.onOffence('violation', request))
      } else this.#answer(request, { ...old, id })
    } else this.#post([Uint8Array.of(2, 0xc1, 0x99)], () => this.#options.onOffence('violation', request))
  }

  #answer(request: Request, answer: Answer): void {
    const offence = this.#offenceOf(request, answer.items)
    this.#post(encodeAnswer(answer), () => {
      if (offence !== null) this.#options.onOffence(offence, request)
    })
  }

  #post(pieces: Uint8Array[], onDelivered?: () => void): void {
    // An ended wire rejects; the frame is lost.
    this.#options.wire.send(pieces, onDelivered).catch(() => {})
  }

  #offenceOf(request: Request, items: readonly Uint8Array[]): Offence | null {
    if (items.length > countWanted(request)) return 'violation'
    const isTrue = (item: Uint8Array, i: number) => item.length === 0 || this.#isTrue(request, item, i)
    return items.every(isTrue) ? null : 'lie'
  }

  #isTrue(request: Request, item: Uint8Array, index: number): boolean {
    const { truth, keccak } = this.#options
    if ('hashes' in request) return bytesToHex(keccak.digest(item)) === bytesToHex(request.hashes[index]!)
    if (request.kind === 'getPaths') {
      const ref = request.refs[index]!
      // A way ending early contains nothing false.
      return truth.states.some((state) =>
        bytesToHex(concatBytes(...wayOf(state, ref, ref.key))).startsWith(bytesToHex(item)),
      )
    }
    const ref = request.refs[index]!
    return truth.states.some((state) => {
      let at = 0
      for (const blob of runOf(state, ref, 0, Number.POSITIVE_INFINITY)) {
        if (at === item.length) break
        if (!blob.every((byte, i) => byte === item[at + i])) return false
        at += blob.length
      }
      return at === item.length
    })
  }
}

/** Changes one random item of more than one byte. */
function bendOne(random: Random, items: readonly Uint8Array[], change: (item: Uint8Array) => Uint8Array): Uint8Array[] {
  const full = items.flatMap((item, i) => (item.length > 1 ? [i] : []))
  const bent = full.length === 0 ? -1 : random.pick(full)
  return items.map((item, i) => (i === bent ? change(item) : item))
}

function flipOneBit(random: Random, item: Uint8Array): Uint8Array {
  const flipped = item.slice()
  flipped[random.int(item.length)]! ^= 1 << random.int(8)
  return flipped
}
