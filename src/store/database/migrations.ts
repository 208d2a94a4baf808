/**
 * The steps from one version of the schema to the next: one named function each, run in order inside the upgrade
 * transaction. All steps are done, or none; if a browser dies in the middle, the old version is still there.
 *
 * A step writes the format of its own version. Later versions must not change the step: databases written in that
 * format exist.
 */
import { bytesToHex } from '@noble/hashes/utils.js'
import { isGenerationKey } from '../format/generation-record.ts'
import { META_KEY, openSealed, sealed } from '../format/meta.ts'
import { addChecksums } from './add-checksums.ts'
import { IDENTITY_KEY, type StateDatabase, type StateUpgrade } from './schema.ts'

/**
 * One step. A failed request aborts the upgrade, and the opening rejects with that error. A step awaits nothing but its
 * requests.
 */
type Migration = (database: StateDatabase, upgrade: StateUpgrade) => void | Promise<void>

/**
 * The step at index n leads from version n to n + 1. A new database takes all steps.
 *
 * @internal exported for its test
 */
export const MIGRATIONS: readonly Migration[] = [
  createStores,
  addIdentity,
  addChecksums,
  tellDense,
  addPageKeys,
  tellScope,
  tellChain,
]

/**
 * Brings the database from one version to another; some versions may have no step. Rejects with the error of a step.
 */
export async function migrate(database: StateDatabase, from: number, to: number, upgrade: StateUpgrade): Promise<void> {
  for (const step of MIGRATIONS.slice(from, to)) await step(database, upgrade)
  await upgrade.objectStore('meta').put(to, META_KEY.schema)
}

/** 0 → 1: the stores of pages, codes, wanted codes and records. */
function createStores(database: StateDatabase): void {
  database.createObjectStore('pages')
  database.createObjectStore('codes')
  database.createObjectStore('wanted')
  void database.createObjectStore('meta').put(0, META_KEY.fence)
}

/**
 * 1 → 2: a random id tells the database from another one of the same name. Until then a reopened connection could not
 * notice an eviction in between.
 */
function addIdentity(database: StateDatabase): void {
  const id = bytesToHex(crypto.getRandomValues(new Uint8Array(16)))
  void database.createObjectStore('identity').put({ id, since: Date.now() }, IDENTITY_KEY)
}

/**
 * 3 → 4: from now on a generation may rest on older ones, and its record says so. Until then a complete generation had
 * all of its state in its own pages.
 */
async function tellDense(_: StateDatabase, upgrade: StateUpgrade): Promise<void> {
  const meta = upgrade.objectStore('meta')
  for (const key of await meta.getAllKeys()) {
    if (!isGenerationKey(key)) continue
    const fields = openSealed(key, await meta.get(key))
    // A damaged record is left alone; the next opening drops it.
    if (fields !== null) await meta.put(sealed(key, { ...fields, dense: fields['complete'] === true }), key)
  }
}

/** 4 → 5: the keys of pages also stand in a store of their own. Listing that store does not read the pages. */
async function addPageKeys(database: StateDatabase, upgrade: StateUpgrade): Promise<void> {
  const pageKeys = database.createObjectStore('pageKeys')
  for (const key of await upgrade.objectStore('pages').getAllKeys()) await pageKeys.put(1, key)
}

/**
 * 5 → 6: a state may be a part, and may be known by its block. Until then each state was whole and known by its root.
 */
async function tellScope(_: StateDatabase, upgrade: StateUpgrade): Promise<void> {
  const meta = upgrade.objectStore('meta')
  for (const key of await meta.getAllKeys()) {
    if (!isGenerationKey(key) && key !== META_KEY.complete) continue
    const fields = openSealed(key, await meta.get(key))
    if (fields !== null) await meta.put(sealed(key, { ...fields, scope: null, header: null }), key)
  }
}

/**
 * 6 → 7: `meta` names the chain of the states. Until then no record did, so the next opening names the chain
 * (`chain-id.ts`). Older versions cannot open the database any more, so they mix no chains.
 */
function tellChain(): void {}
