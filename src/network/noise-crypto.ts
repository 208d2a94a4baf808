/**
 * The cipher of noise in a browser: libsodium's in WebAssembly, some four times as fast as the JavaScript that noise comes
 * with, and a tenth of a sync's time. It is as large as libp2p, so it is loaded when there is much to decipher, and nobody
 * waits for it; where it cannot be had (a Content-Security-Policy without WebAssembly), the JavaScript goes on.
 */
import { type ICryptoInterface, pureJsCrypto } from '@chainsafe/libp2p-noise'

type Cipher = Pick<ICryptoInterface, 'chaCha20Poly1305Encrypt' | 'chaCha20Poly1305Decrypt'>

/** What a wallet that only looks at some accounts does not come to, and a sync does at once. */
const MUCH_BYTES = 512 * 1024

let loading: Promise<void> | null = null
let cipher: Cipher = pureJsCrypto

/** For `noise({ crypto })`. The fast cipher is one for all connections of the thread. */
export function fastNoiseCrypto(): ICryptoInterface {
  let bytes = 0
  return {
    ...pureJsCrypto,
    chaCha20Poly1305Encrypt: (...args) => cipher.chaCha20Poly1305Encrypt(...args),
    chaCha20Poly1305Decrypt: (ciphertext, ...rest) => {
      bytes += ciphertext.byteLength
      if (bytes > MUCH_BYTES) void loadFastCipher()
      return cipher.chaCha20Poly1305Decrypt(ciphertext, ...rest)
    },
  }
}

/** Resolves when the fast cipher is in use, or cannot be; never rejects. */
export function loadFastCipher(): Promise<void> {
  loading ??= sodiumCipher().then(
    (fast) => {
      cipher = fast
    },
    () => {},
  )
  return loading
}

/** The same functions on libsodium. Rejects where there is no WebAssembly. */
export async function sodiumCipher(): Promise<Cipher> {
  const { Sodium } = await import('./sodium.ts')
  const sodium = await Sodium.create()
  return {
    chaCha20Poly1305Encrypt: (plaintext, ...rest) => sodium.encrypt(plaintext, ...rest),
    chaCha20Poly1305Decrypt: (ciphertext, ...rest) => sodium.decrypt(ciphertext, ...rest),
  }
}
