/** Reads bytecodes, and checks each by its hash. A damaged code is dropped and wanted again. */
import { bytesToHex } from '@noble/hashes/utils.js'
import { equalHash } from '../../trie/keccak.ts'
import { StoreError } from '../errors.ts'
import { putGenerationRecord } from '../format/generation-record.ts'
import type { Operation } from '../format/record-types.ts'
import { encodeWantedKey } from '../format/wanted-key.ts'
import type { GenerationState } from './generation-state.ts'
import { checkLives, type StoreContext } from './store-context.ts'

/**
 * Returns the code with this hash (32 bytes), or `undefined`. Rejects with `damagedCode`. The caller owns the bytes.
 */
export async function readCode(context: StoreContext, hash: Uint8Array): Promise<Uint8Array | undefined> {
  const hex = bytesToHex(hash)
  if (!context.catalog.codes.has(hex)) return undefined
  const code = await readSound(context, hash)
  if (code !== undefined) return code
  const judged = await judgeCode(context, hash, hex)
  if (judged === 'damaged') throw damagedCode(hex)
  return judged
}

/**
 * Returns a code named by a leaf of this generation. A complete generation must have the code, so `undefined` means:
 * known to be missing. Rejects with `damagedCode` or `generationGone`.
 */
export async function readNamedCode(
  context: StoreContext,
  state: GenerationState,
  hash: Uint8Array,
): Promise<Uint8Array | undefined> {
  const hex = bytesToHex(hash)
  for (;;) {
    const code = await readCode(context, hash)
    // A part of a state has the codes of its own accounts only, and the leaf naming this code is not known.
    if (code !== undefined || !state.record.complete || !state.scope.isAll) return code
    const became = await wantLostCode(context, state, hex)
    if (became === 'lost') throw damagedCode(hex)
    if (became === 'wanted') return undefined
  }
}

function damagedCode(hash: string): StoreError {
  return new StoreError('damagedCode', `the code ${hash} was damaged`, { details: { hash } })
}

/**
 * Wants a missing code named by a checked leaf of the generation: its record, or its key, was lost. Resolves with
 * `lost` after marking the code, with `wanted` if it was marked before, with `stored` if it has come meanwhile. Rejects
 * with `generationGone`.
 */
export async function wantLostCode(
  context: StoreContext,
  state: GenerationState,
  hash: string,
): Promise<'lost' | 'wanted' | 'stored'> {
  const { records, queue, catalog, onDamage } = context
  const became = await queue.enter(async () => {
    checkLives(catalog, state)
    if (catalog.codes.has(hash)) return 'stored'
    if (state.wanted.has(hash)) return 'wanted'
    await records.write(want(state, hash), 'relaxed')
    state.wanted.add(hash)
    state.record = { ...state.record, complete: false }
    return 'lost'
  })
  if (became === 'lost') onDamage({ code: hash })
  return became
}

/**
 * Drops a code after a read with a wrong hash, if a second read finds the same. The second read runs in a turn of the
 * write queue: no other turn can store or drop the code. Returns `undefined` if another turn has dropped the code.
 */
async function judgeCode(context: StoreContext, hash: Uint8Array, hex: string) {
  const { records, queue, catalog, onDamage } = context
  const judged = await queue.enter(async () => {
    if (!catalog.codes.has(hex)) return undefined
    const code = await readSound(context, hash)
    if (code !== undefined) return code
    // We do not know which generations use this code, so all of them want it. At worst one downloads it in vain;
    // otherwise one could complete without it.
    const wanting = catalog.generations.filter((state) => state.pages.size > 0)
    const operations = [{ kind: 'delete', store: 'codes', key: hash } as const, ...wanting.flatMap((s) => want(s, hex))]
    await records.write(operations, 'relaxed')
    catalog.codes.delete(hex)
    for (const state of wanting) {
      state.wanted.add(hex)
      state.record = { ...state.record, complete: false }
    }
    return 'damaged'
  })
  if (judged === 'damaged') onDamage({ code: hex })
  return judged
}

/** Reads the bytes on disk, and returns them if they have this hash. */
async function readSound({ records, keccak }: StoreContext, hash: Uint8Array): Promise<Uint8Array | undefined> {
  const bytes = await records.get('codes', hash)
  return bytes instanceof Uint8Array && equalHash(keccak.digest(bytes), hash) ? bytes : undefined
}

function want({ number, record }: GenerationState, hash: string): Operation[] {
  const key = encodeWantedKey({ generation: number, hash })
  return [{ kind: 'put', store: 'wanted', key, value: 1 }, putGenerationRecord({ ...record, complete: false })]
}
