/**
 * The private key of a server, or of a relay, in its data directory: made once, so that the peer id stays the same, and held
 * by one process at a time, because two with one peer id would each get connections that are meant for the other.
 */
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generateKeyPairFromSeed, privateKeyFromProtobuf } from '@libp2p/crypto/keys'
import { createPrivateKey } from '../network/listening-node.ts'
import { isRootlightError } from '../trie/error.ts'
import { ServerError } from './error.ts'
import { openLevel } from './level.ts'
import { makeDirectory } from './make-directory.ts'
import { diskError } from './platform-error.ts'

/** A private key that no other process uses meanwhile. */
export interface HeldIdentity {
  readonly privateKey: Uint8Array
  /** May be called twice. */
  release(): Promise<void>
}

/**
 * Holds the key in `directory`; both are made if they are not there. Throws `ServerError` `databaseInUse` while another
 * process holds it, `badIdentity`, `unreadable`, `missingPackage`, `diskFull` or `badDatabase`.
 */
export async function holdIdentity(directory: string): Promise<HeldIdentity> {
  await makeDirectory(directory)
  const release = await lock(directory)
  try {
    return { privateKey: await keyIn(directory), release }
  } catch (error) {
    await release()
    throw error
  }
}

/**
 * Node cannot lock a file. LevelDB can, in a way that ends with the process however that ends: so an empty database is the
 * lock. It is not the database of the states: a relay opens that of nobody, however large or damaged.
 */
async function lock(directory: string): Promise<() => Promise<void>> {
  try {
    const level = await openLevel(join(directory, LOCK), 'utf8')
    return () => level.close()
  } catch (error) {
    if (!isRootlightError(error, 'databaseInUse')) throw error
    const message = `cannot use ${directory}: another process serves or relays under its identity`
    throw new ServerError('databaseInUse', message, { details: { directory }, cause: error })
  }
}

const LOCK = 'identity.lock'

async function keyIn(directory: string): Promise<Uint8Array> {
  const path = join(directory, 'identity')
  const key = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw diskError(`cannot read ${path}`, error, 'unreadable')
  })
  if (key === undefined) return makeIdentity(path)
  if (await isPrivateKey(key)) return key
  // Another key in its place would be another peer, which nobody who knows this one finds: that is the operator's choice.
  throw new ServerError(
    'badIdentity',
    `${path} is not a private key, or damaged: restore it, or delete it for a new one`,
    {
      details: { path },
    },
  )
}

/** An Ed25519 key whose public half is that of its seed: with any other no handshake would ever succeed. */
async function isPrivateKey(bytes: Uint8Array): Promise<boolean> {
  try {
    const { type, raw, publicKey } = privateKeyFromProtobuf(bytes)
    if (type !== 'Ed25519') return true // an operator's own: libp2p has checked its form
    return publicKey.equals((await generateKeyPairFromSeed('Ed25519', raw.subarray(0, SEED_BYTES))).publicKey)
  } catch {
    return false // nothing of it can be read
  }
}

const SEED_BYTES = 32

/** Written aside first: half a key would be there for ever. */
async function makeIdentity(path: string): Promise<Uint8Array> {
  const key = await createPrivateKey()
  try {
    await writeFile(`${path}.new`, key, { mode: 0o600 })
    await rename(`${path}.new`, path)
  } catch (error) {
    await rm(`${path}.new`, { force: true }).catch(() => {}) // it takes a few bytes only, and the next attempt replaces it
    throw diskError(`cannot write ${path}`, error)
  }
  return key
}
