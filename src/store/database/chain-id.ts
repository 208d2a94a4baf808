/**
 * Which chain the states in a database are of. A root says nothing about that, and what is verified under one chain's root
 * is no answer about another: a database belongs to the chain that it was first written for. One in which there is no
 * state yet, or no more, belongs to whoever writes to it next.
 *
 * Databases of before version 7 do not say: they are taken for those of the chain for which they are opened first, because
 * nothing in them tells, and an application has one chain for one name.
 */

import { StoreError } from '../errors.ts'
import { isGenerationKey } from '../format/generation-record.ts'
import { isCount, META_KEY, openSealed, sealed } from '../format/meta.ts'
import type { Operation } from '../format/record-types.ts'
import type { Records } from './records.ts'

/** The write of which chain it is. */
export function putChain(chainId: number): Operation {
  return { kind: 'put', store: 'meta', key: META_KEY.chain, value: sealed(META_KEY.chain, { chainId }) }
}

/** `null`: it does not say. */
async function readChain(records: Records): Promise<number | null> {
  const chainId = openSealed(META_KEY.chain, await records.get('meta', META_KEY.chain))?.['chainId']
  return isCount(chainId) ? chainId : null
}

/** For a tab that only reads: beside a writer of another chain it has nothing to read. Rejects with `databaseOfOtherChain`. */
export async function checkChain(records: Records, chainId: number): Promise<void> {
  const found = await readChain(records)
  if (found !== null && found !== chainId) throw databaseOfOtherChain(found, chainId)
}

/** For a tab that will write: the same, if there is a state in the database. True: it does not say yet that it is ours. */
export async function claimsChain(records: Records, chainId: number): Promise<boolean> {
  const found = await readChain(records)
  if (found === chainId) return false
  if (found !== null && (await records.keys('meta')).some((key) => isGenerationKey(key) || key === META_KEY.complete)) {
    throw databaseOfOtherChain(found, chainId)
  }
  return true
}

/** The error for a database, or a tab that writes to it, of another chain than ours. */
export function databaseOfOtherChain(got: number, expected: number): StoreError {
  const message = `the database is of chain ${got}, not of ${expected}: give each chain a database of its own`
  return new StoreError('databaseOfOtherChain', message, { details: { got, expected } })
}
