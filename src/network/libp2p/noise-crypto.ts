/**
 * The cipher of noise in a browser: libsodium's in WebAssembly, some four times as fast as the JavaScript that noise comes
 * with, and a tenth of a sync's time. It is as large as libp2p, so it is loaded when there is much to decipher, and nobody
 * waits for it; where it cannot be had (a Content-Security-Policy without WebAssembly), the JavaScript goes on.
 */

import { type ICryptoInterface, pureJsCrypto } from '@chainsafe/libp2p-noise'
import { systemClock } from '../../runtime/clock.ts'
import { MAX_RELOAD_MS } from '../../runtime/constants.ts'
import { isRootlightError } from '../../runtime/error.ts'
import { LazyPart } from '../../runtime/lazy-part.ts'

type Cipher = Pick<ICryptoInterface, 'chaCha20Poly1305Encrypt' | 'chaCha20Poly1305Decrypt'>

/** What a wallet that only looks at some accounts does not come to, and a sync does at once. */
const MUCH_BYTES = 512 * 1024

const sodium = new LazyPart('the cipher', () => import('./sodium.ts'))

let loading: Promise<void> | null = null
/** When the cipher could not be loaded last. */
let failedAtMs = Number.NEGATIVE_INFINITY
let cipher: Cipher = pureJsCrypto

/** For `noise({ crypto })`. The fast cipher is one for all connections of the thread. */
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
 * Resolves when the fast cipher is in use, or cannot be; never rejects. One that does not run here is never tried again, one
 * that could not be loaded is by the next call.
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

/** False for a while after it could not be loaded, unless the machine was offline then. */
function mayLoad(): boolean {
  if (loading !== null) return false
  return systemClock.now() - failedAtMs >= MAX_RELOAD_MS || (systemClock.lastOfflineMs?.() ?? failedAtMs) > failedAtMs
}

/** The same functions on libsodium. Rejects with `loadFailed`, or where there is no WebAssembly. */
export async function sodiumCipher(): Promise<Cipher> {
  const { Sodium } = await sodium.load()
  const fast = await Sodium.create()
  return {
    chaCha20Poly1305Encrypt: (plaintext, ...rest) => fast.encrypt(plaintext, ...rest),
    chaCha20Poly1305Decrypt: (ciphertext, ...rest) => fast.decrypt(ciphertext, ...rest),
  }
}
