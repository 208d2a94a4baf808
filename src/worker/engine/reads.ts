/** Reads as the application asks for them: arguments are checked, and results are plain data with their root. */
import { bytesToHex } from '@noble/hashes/utils.js'
import { isRootlightError } from '../../runtime/error.ts'
import type { GenerationInfo } from '../../store/generations/generation-state.ts'
import type { StateStore } from '../../store/state-store.ts'
import { EMPTY_CODE_HASH, EMPTY_ROOT } from '../../trie/account.ts'
import { ReadError } from '../../wallet/errors.ts'
import type { SlotNumber } from '../../wallet/input.ts'
import { keyOfAddress, keyOfSlot } from '../../wallet/keys.ts'
import { parseSlot } from '../../wallet/parse.ts'
import { type StateNodes, StateReader } from '../../wallet/state-reader.ts'
import type { AccountValue, Answer, ClientStatus, ProofValue, TargetStatus } from '../engine.ts'

/** A read of any state. */
export type StateRead<T> = (reader: StateReader) => Promise<T>

/** Throws `badAddress`. */
export function accountRead(address: string): StateRead<AccountValue | null> {
  const key = keyOfAddress(address)
  return naming({ address }, async (reader) => {
    const account = await reader.account(key)
    return (
      account && {
        nonce: account.nonce,
        balance: account.balance,
        storageRoot: hexOf(account.storageRoot),
        codeHash: hexOf(account.codeHash),
      }
    )
  })
}

/** Throws `badAddress` or `badSlot`. */
export function slotRead(address: string, slot: SlotNumber): StateRead<string> {
  const [accountKey, slotKey] = [keyOfAddress(address), keyOfSlot(slot)]
  return naming({ address, slot: hexOf(parseSlot(slot)) }, async (reader) => {
    return `0x${(await reader.slot(accountKey, slotKey)).toString(16).padStart(64, '0')}`
  })
}

/** Throws `badAddress`. */
export function codeRead(address: string): StateRead<string> {
  const key = keyOfAddress(address)
  return naming({ address }, async (reader) => hexOf(await reader.code(key)))
}

/** Throws `badAddress` or `badSlot`. */
export function proofRead(address: string, slots: readonly SlotNumber[]): StateRead<ProofValue> {
  const keys = slots.map(keyOfSlot)
  const numbers = slots.map((slot) => hexOf(parseSlot(slot)))
  const accountKey = keyOfAddress(address)
  return naming({ address }, async (reader) => {
    const { account, nodes, slots: proofs } = await reader.proof(accountKey, keys)
    return {
      address: address.toLowerCase(),
      nonce: account?.nonce ?? 0n,
      balance: account?.balance ?? 0n,
      storageHash: hexOf(account?.storageRoot ?? EMPTY_ROOT),
      codeHash: hexOf(account?.codeHash ?? EMPTY_CODE_HASH),
      accountProof: proofOf(nodes),
      storageProof: proofs.map(({ value, nodes }, i) => ({ key: numbers[i]!, value, proof: proofOf(nodes) })),
    }
  })
}

/** Wraps `read`: message and details of a `notSynced` name the account and slot asked for. */
function naming<T>(asked: { readonly address: string; readonly slot?: string }, read: StateRead<T>): StateRead<T> {
  return async (reader) => {
    try {
      return await read(reader)
    } catch (cause) {
      if (!isRootlightError(cause, 'notSynced')) throw cause
      const { address, slot } = asked
      const name = slot === undefined ? `the account ${address}` : `slot ${slot} of the account ${address}`
      const message = `${name} could not be read: ${cause.message}`
      throw new ReadError('notSynced', message, { details: { ...cause.details, ...asked }, cause })
    }
  }
}

/** RLP of nothing: the one node of an empty trie. */
const EMPTY_NODE = '0x80'

function proofOf(nodes: readonly Uint8Array[]): readonly string[] {
  return nodes.length === 0 ? [EMPTY_NODE] : nodes.map(hexOf)
}

/** Answers from the last complete root. Rejects with `notSynced` if there is none. */
export async function readComplete<T>(store: StateStore, read: StateRead<T>): Promise<Answer<T>> {
  const complete = store.lastComplete()
  if (complete === null) throw new ReadError('notSynced', 'no state is complete on disk')
  return readUnder(complete.root, store.reader(complete.generation), read)
}

/** Answers from the state under `root` (32 bytes). */
export async function readUnder<T>(root: Uint8Array, nodes: StateNodes, read: StateRead<T>): Promise<Answer<T>> {
  return { root: hexOf(root), value: await read(new StateReader(root, nodes)) }
}

/** Returns the states known to the store, in the application's form. */
export function clientStatusOf(store: StateStore): ClientStatus {
  const [complete, target] = [store.lastComplete(), store.newestTarget()]
  return {
    complete: complete && { ...targetStatus(complete), intact: complete.intact },
    target: target && targetStatus(target),
  }
}

function targetStatus({ root, blockNumber, header, scope }: GenerationInfo): TargetStatus {
  return { root: hexOf(root), blockNumber, header: header && hexOf(header), whole: scope.isAll }
}

/** Returns `0x` and hex digits. */
export function hexOf(bytes: Uint8Array): `0x${string}` {
  return `0x${bytesToHex(bytes)}`
}
