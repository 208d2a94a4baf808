/**
 * The chain of the states in a database. A root does not name its chain, and a value verified under one chain's root
 * says nothing about another chain. So a database belongs to the chain it was first written for. A database without any
 * state, new or wiped, belongs to the chain of the next writer.
 *
 * Databases older than version 7 do not name a chain, and nothing in them tells. They count as databases of the chain
 * they are first opened for, because an application has one chain for one name.
 */

import { StoreError } from '../errors.ts'
import { isGenerationKey } from '../format/generation-record.ts'
import { isCount, META_KEY, openSealed, sealed } from '../format/meta.ts'
import type { Operation } from '../format/record-types.ts'
import type { Records } from './records.ts'

/** Returns the write naming the chain. */
export function putChain(chainId: number): Operation {
  return { kind: 'put', store: 'meta', key: META_KEY.chain, value: sealed(META_KEY.chain, { chainId }) }
}

/** Returns the chain; `null`: the database does not name one. */
async function readChain(records: Records): Promise<number | null> {
  const chainId = openSealed(META_KEY.chain, await records.get('meta', META_KEY.chain))?.['chainId']
  return isCount(chainId) ? chainId : null
}

/**
 * Checks the chain for a tab that only reads: there is nothing to read beside a writer of another chain. Rejects with
 * `databaseOfOtherChain`.
 */
export async function checkChain(records: Records, chainId: number): Promise<void> {
  const found = await readChain(records)
  if (found !== null && found !== chainId) throw databaseOfOtherChain(found, chainId)
}

/**
 * Checks the chain for a tab about to write. Returns true if the database must still be marked as ours. Rejects with
 * `databaseOfOtherChain` if the database has states of another chain.
 */
export async function claimsChain(records: Records, chainId: number): Promise<boolean> {
  const found = await readChain(records)
  if (found === chainId) return false
  if (found !== null && (await records.keys('meta')).some((key) => isGenerationKey(key) || key === META_KEY.complete)) {
    throw databaseOfOtherChain(found, chainId)
  }
  return true
}

/** Makes the error for a database, or its writing tab, of another chain than ours. */
export function databaseOfOtherChain(got: number, expected: number): StoreError {
  const message = `the database is of chain ${got}, not of ${expected}: give each chain a database of its own`
  return new StoreError('databaseOfOtherChain', message, { details: { got, expected } })
}
