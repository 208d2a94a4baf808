/**
 * How the database comes from one version of its schema to the next: one named function a step, run in order inside the
 * upgrade transaction. All of them are done, or none; a browser that dies in the middle finds the old version again.
 *
 * What a step writes is what its version was, and stays so when later ones change their minds: databases that were written
 * by it are out there.
 */
import { bytesToHex } from '@noble/hashes/utils.js'
import { isGenerationKey } from '../format/generation-record.ts'
import { META_KEY, openSealed, sealed } from '../format/meta.ts'
import { addChecksums } from './add-checksums.ts'
import { IDENTITY_KEY, type StateDatabase, type StateUpgrade } from './schema.ts'

/** A step. A failed request aborts the upgrade, and the opening rejects with its error. Awaits nothing but its requests. */
type Migration = (database: StateDatabase, upgrade: StateUpgrade) => void | Promise<void>

/** The step at index n leads from version n to n + 1; a new database takes all of them. */
export const MIGRATIONS: readonly Migration[] = [
  createStores,
  addIdentity,
  addChecksums,
  tellDense,
  addPageKeys,
  tellScope,
  tellChain,
]

/** Brings the database from one version to another; there may be no step for some. Rejects with what a step throws. */
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
 * 1 → 2: the database can be told from another one that has taken its name. Until then, a connection that was opened
 * anew could not know whether the browser had evicted everything in between.
 */
function addIdentity(database: StateDatabase): void {
  const id = bytesToHex(crypto.getRandomValues(new Uint8Array(16)))
  void database.createObjectStore('identity').put({ id, since: Date.now() }, IDENTITY_KEY)
}

/**
 * 3 → 4: from now on a generation may rest on older ones, and its record says whether it does. Until then, one that was
 * complete had all of its state in pages of its own.
 */
async function tellDense(_: StateDatabase, upgrade: StateUpgrade): Promise<void> {
  const meta = upgrade.objectStore('meta')
  for (const key of await meta.getAllKeys()) {
    if (!isGenerationKey(key)) continue
    const fields = openSealed(key, await meta.get(key))
    // One that was damaged is left alone, and is dropped when the database is opened.
    if (fields !== null) await meta.put(sealed(key, { ...fields, dense: fields['complete'] === true }), key)
  }
}

/** 4 → 5: the keys of pages stand in a store of their own as well, where listing them does not read the pages. */
async function addPageKeys(database: StateDatabase, upgrade: StateUpgrade): Promise<void> {
  const pageKeys = database.createObjectStore('pageKeys')
  for (const key of await upgrade.objectStore('pages').getAllKeys()) await pageKeys.put(1, key)
}

/** 5 → 6: a state may be a part of one, and may be known by its block. Until then it was all of one, known by its root. */
async function tellScope(_: StateDatabase, upgrade: StateUpgrade): Promise<void> {
  const meta = upgrade.objectStore('meta')
  for (const key of await meta.getAllKeys()) {
    if (!isGenerationKey(key) && key !== META_KEY.complete) continue
    const fields = openSealed(key, await meta.get(key))
    if (fields !== null) await meta.put(sealed(key, { ...fields, scope: null, header: null }), key)
  }
}

/**
 * 6 → 7: `meta` says of which chain the states are. Until then nothing did, so whoever opens the database next says it
 * (`chain-id.ts`); versions that do not know of it cannot open the database any more, and mix no chains.
 */
function tellChain(): void {}
