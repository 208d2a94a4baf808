/**
 * Reads of an application in a tab: existing and missing accounts, slots and codes. A read is from the last complete
 * state, from the target, or from any state of the trial. Each answer must equal the state it names, and each read must
 * settle in time.
 */
import { bytesToHex } from '@noble/hashes/utils.js'
import { isRootlightError } from '../../runtime/error.ts'
import { encodeSlot } from '../../trie/account.ts'
import { READ_TIMEOUT_MS } from '../../wallet/constants.ts'
import { hexOf } from '../../worker/engine/reads.ts'
import type { ReadAt } from '../../worker/engine.ts'
import type { Random } from '../random.ts'
import type { SimulatedState } from './states.ts'
import type { Tab } from './tab.ts'

export interface SimulatedReadsOptions {
  readonly states: readonly SimulatedState[]
  readonly random: Random
  /** True if the trial has no faults: then no read may fail, either. */
  readonly isCalm: boolean
  readonly count: (what: string) => void
  readonly onFailure: (error: Error) => void
}

interface OpenRead {
  readonly tab: Tab
  readonly name: string
  readonly sinceMs: number
  readonly sleeps: number
  /** True once the read has settled, or its process has died. */
  isOver: boolean
}

/** Waits of one read: for a starting sync, for the account, and for the account's code or slots. */
const WAITS = 3
/** Time for hashing and for other work of the thread between two waits. */
const SLACK_MS = 2_000

export class SimulatedReads {
  readonly #options: SimulatedReadsOptions
  readonly #open = new Set<OpenRead>()

  constructor(options: SimulatedReadsOptions) {
    this.#options = options
  }

  /** True while a read of a living process has not settled. */
  get areOpen(): boolean {
    return this.#open.size > 0
  }

  /** Starts a random read. */
  begin(tab: Tab): void {
    const { random, states } = this.#options
    const at = random.pick<ReadAt | undefined>([undefined, 'complete', 'target', hexOf(random.pick([...states]).root)])
    const account = random.pick([...random.pick([...states]).accounts])
    const key = random() < 0.2 ? random.bytes(32) : account.key
    const slot = account.slots?.[0]?.[0]
    const read: OpenRead = {
      tab,
      name: `of ${bytesToHex(key)} at ${at}`,
      sinceMs: tab.now,
      sleeps: tab.sleeps,
      isOver: false,
    }
    this.#open.add(read)
    this.#read(tab, at, key, slot).then(
      () => this.#end(read),
      (error) => {
        this.#judge(error, read)
        this.#end(read)
      },
    )
  }

  /** Throws if a read waits for too long. The trial calls this after every step. */
  check(): void {
    for (const read of this.#open) {
      const { tab, sinceMs, name } = read
      if (tab.isDead) this.#open.delete(read)
      else if (!tab.isAway && tab.now - sinceMs - tab.sleptSince(sinceMs) > this.#mostMs(read)) {
        throw new Error(`a read ${name} has waited for ${tab.now - sinceMs} ms`)
      }
    }
  }

  /** Returns the longest allowed wait. A timer firing late, because the machine slept, starts again. */
  #mostMs({ tab, sleeps }: OpenRead): number {
    return (WAITS + tab.sleeps - sleeps) * READ_TIMEOUT_MS + SLACK_MS
  }

  async #read(tab: Tab, at: ReadAt | undefined, key: Uint8Array, slot: Uint8Array | undefined): Promise<void> {
    const { root, value } = await tab.read(at, async (reader) => {
      const account = await reader.account(key)
      const code = account === null ? undefined : await reader.code(key)
      const word = account === null || slot === undefined ? undefined : await reader.slot(key, slot)
      return { account, code, word }
    })
    const state = this.#options.states.find(({ rootHex }) => `0x${rootHex}` === root)
    if (state === undefined) throw new Error(`a read is answered from ${root}, which is no state`)
    expectTrue(state, key, slot, value)
    this.#options.count('reads by key')
  }

  #judge(error: unknown, { name, tab }: OpenRead): void {
    const { isCalm, count, onFailure } = this.#options
    const isExpected = isRootlightError(error, 'notSynced')
    if (tab.isDead) return
    if (isExpected && !isCalm) count('reads not answered')
    else if (isExpected && isUnknownRoot(error)) count('reads of no root')
    else onFailure(new Error(`a read ${name} fails: ${error}`, { cause: error }))
  }

  #end(read: OpenRead): void {
    this.#open.delete(read)
  }
}

/** Returns true if no state is complete yet, or no sync has started. */
function isUnknownRoot(error: { readonly details?: { readonly reason?: unknown } }): boolean {
  return error.details?.reason === undefined
}

interface Found {
  readonly account: { readonly nonce: bigint; readonly balance: bigint } | null
  readonly code: Uint8Array | undefined
  readonly word: bigint | undefined
}

function expectTrue(state: SimulatedState, key: Uint8Array, slot: Uint8Array | undefined, found: Found): void {
  const keyHex = bytesToHex(key)
  const leaf = state.accounts.find((account) => bytesToHex(account.key) === keyHex)
  const fail = (what: string) => {
    throw new Error(`a read of ${keyHex} gives a false ${what}`)
  }
  if (leaf === undefined) {
    if (found.account !== null) fail('account')
    return
  }
  if (found.account?.nonce !== leaf.nonce || found.account?.balance !== leaf.balance) fail('account')
  const code = leaf.codeHash === undefined ? new Uint8Array() : state.codes.get(bytesToHex(leaf.codeHash))
  if (code !== undefined && bytesToHex(code) !== bytesToHex(found.code ?? new Uint8Array())) fail('code')
  if (slot === undefined) return
  const slotHex = bytesToHex(slot)
  const value = leaf.slots?.find(([other]) => bytesToHex(other) === slotHex)?.[1]
  const word = found.word ?? 0n
  if (value === undefined ? word !== 0n : bytesToHex(encodeSlot(word)) !== bytesToHex(value)) fail('slot')
}
