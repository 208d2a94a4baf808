/**
 * The cipher of noise in a browser: libsodium's in WebAssembly, some four times as fast as noise's JavaScript, where a
 * sync spends a tenth of its time. libsodium is as large as libp2p. So libsodium is loaded once there is much to
 * decipher, and nothing waits for the load. Where the load fails (a Content-Security-Policy without WebAssembly), the
 * JavaScript goes on.
 */

import { type ICryptoInterface, pureJsCrypto } from '@chainsafe/libp2p-noise'
import { systemClock } from '../../runtime/clock.ts'
import { MAX_RELOAD_MS } from '../../runtime/constants.ts'
import { isRootlightError } from '../../runtime/error.ts'
import { LazyPart } from '../../runtime/lazy-part.ts'

type Cipher = Pick<ICryptoInterface, 'chaCha20Poly1305Encrypt' | 'chaCha20Poly1305Decrypt'>

/** More than a wallet reading some accounts deciphers; a sync gets there at once. */
const MUCH_BYTES = 512 * 1024

const sodium = new LazyPart('the cipher', () => import('./sodium.ts'))

let loading: Promise<void> | null = null
/** The time of the last failed load. */
let failedAtMs = Number.NEGATIVE_INFINITY
let cipher: Cipher = pureJsCrypto

/** Returns the cipher for `noise({ crypto })`. All connections of the thread share one fast cipher. */
export function fastNoiseCrypto(): ICryptoInterface {
  let bytes = 0
  return {
    ...pureJsCrypto,
    chaCha20Poly1305Encrypt: (...args) => cipher.chaCha20Poly1305Encrypt(...args),
    chaCha20Poly1305Decrypt: (ciphertext, ...rest) => {
      bytes += ciphertext.byteLength
      if (bytes > MUCH_BYTES && mayLoad()) void loadFastCipher()
      return cipher.chaCha20Poly1305Decrypt(ciphertext, ...rest)
    },
  }
}

/**
 * Resolves once the fast cipher is in use, or failed. Never rejects. After a failed load the next call tries again, but
 * not after a cipher that does not run here.
 * @internal exported for tests
 */
export function loadFastCipher(): Promise<void> {
  loading ??= sodiumCipher().then(
    (fast) => {
      cipher = fast
    },
    (error) => {
      if (!isRootlightError(error, 'loadFailed')) return
      failedAtMs = systemClock.now()
      loading = null
    },
  )
  return loading
}

/** Returns false for a while after a failed load, unless the machine was offline then. */
function mayLoad(): boolean {
  if (loading !== null) return false
  return systemClock.now() - failedAtMs >= MAX_RELOAD_MS || (systemClock.lastOfflineMs?.() ?? failedAtMs) > failedAtMs
}

/**
 * Returns the same functions on libsodium. Rejects with `loadFailed`, or without WebAssembly.
 * @internal exported for tests
 */
export async function sodiumCipher(): Promise<Cipher> {
  const { Sodium } = await sodium.load()
  const fast = await Sodium.create()
  return {
    chaCha20Poly1305Encrypt: (plaintext, ...rest) => fast.encrypt(plaintext, ...rest),
    chaCha20Poly1305Decrypt: (ciphertext, ...rest) => fast.decrypt(ciphertext, ...rest),
  }
}
