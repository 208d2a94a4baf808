/**
 * The private key of a server or a relay, in the data directory. The key is made once, so the peer id stays the same.
 * One process at a time holds the key: of two with one peer id, each would get connections meant for the other.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generateKeyPairFromSeed, privateKeyFromProtobuf } from '@libp2p/crypto/keys'
import { createPrivateKey } from '../network/libp2p/listening-node.ts'
import { isRootlightError } from '../runtime/error.ts'
import { ServerError } from './error.ts'
import { openLevel } from './level.ts'
import { makeDirectory } from './make-directory.ts'
import { diskError, onDisk } from './platform-error.ts'
import { replaceFile } from './replace-file.ts'

/** A private key held by this process alone. */
export interface HeldIdentity {
  readonly privateKey: Uint8Array
  /** Lets other processes hold the key. May be called twice. */
  release(): Promise<void>
}

/**
 * Holds the key in `directory`, after making a missing directory or key. Throws `ServerError` `databaseInUse` while
 * another process holds the key. Also throws `badIdentity`, `unreadable`, `missingPackage`, `diskFull` or
 * `badDatabase`.
 */
export async function holdIdentity(directory: string): Promise<HeldIdentity> {
  await makeDirectory(directory)
  const release = await lock(directory)
  try {
    return { privateKey: await keyIn(directory), release }
  } catch (error) {
    await release().catch(() => {}) // the first error says more
    throw error
  }
}

/**
 * Locks the identity by opening an empty database. Node cannot lock a file; LevelDB can, and any end of the process
 * ends the lock. The database of the states cannot be the lock: a relay needs no states, and must start beside a large
 * or damaged database.
 */
async function lock(directory: string): Promise<() => Promise<void>> {
  try {
    const level = await openLevel(join(directory, LOCK), 'utf8')
    return () => onDisk(`cannot close ${directory}`, level.close())
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
  // Only the operator may replace the key: with a new key the server would be another peer, unknown to all clients.
  throw new ServerError(
    'badIdentity',
    `${path} is not a private key, or damaged: restore it, or delete it for a new one`,
    {
      details: { path },
    },
  )
}

/**
 * True for a private key. The public half of an Ed25519 key must belong to the seed; otherwise no handshake would
 * succeed.
 */
async function isPrivateKey(bytes: Uint8Array): Promise<boolean> {
  try {
    const { type, raw, publicKey } = privateKeyFromProtobuf(bytes)
    if (type !== 'Ed25519') return true // the operator's own key: libp2p has checked the form
    return publicKey.equals((await generateKeyPairFromSeed('Ed25519', raw.subarray(0, SEED_BYTES))).publicKey)
  } catch {
    return false // the bytes cannot be decoded
  }
}

const SEED_BYTES = 32

/** Makes a key. The file is replaced whole, because a half-written key would stay for ever. */
async function makeIdentity(path: string): Promise<Uint8Array> {
  const key = await createPrivateKey()
  await replaceFile(path, key, 0o600)
  return key
}
