import { pureJsCrypto } from '@chainsafe/libp2p-noise'
import { Uint8ArrayList } from 'uint8arraylist'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../testing/random.ts'
import { fastNoiseCrypto, loadFastCipher, sodiumCipher } from './noise-crypto.ts'

const ROUNDS = 30
/** The largest message of noise, its tag included. */
const MAX_BYTES = 65_519

describe('sodiumCipher', () => {
  test(`behavior: ${ROUNDS} messages are sealed and opened as by noise's own`, async () => {
    const sodium = await sodiumCipher()
    for (let seed = 1; seed <= ROUNDS; seed++) {
      const random = seededRandom(seed)
      const [key, nonce] = [random.bytes(32), random.bytes(12)]
      const ad = random.bytes(random.int(2) * random.int(40))
      const plain = random.bytes(random.pick([0, 1, 63, 64, 65, random.int(5_000), MAX_BYTES - 16]))
      const sealed = sodium.chaCha20Poly1305Encrypt(plain, nonce, ad, key).subarray()
      expect(sealed, `seed ${seed}`).toEqual(pureJsCrypto.chaCha20Poly1305Encrypt(plain, nonce, ad, key))
      expect(sodium.chaCha20Poly1305Decrypt(sealed, nonce, ad, key), `seed ${seed}`).toEqual(plain)
      const into = new Uint8Array(plain.length)
      expect(sodium.chaCha20Poly1305Decrypt(sealed, nonce, ad, key, into)).toBe(into)
      expect(into, `seed ${seed}`).toEqual(plain)
      const pieces = new Uint8ArrayList(sealed.subarray(0, 10), sealed.subarray(10))
      expect(sodium.chaCha20Poly1305Decrypt(pieces as never, nonce, ad, key), `seed ${seed}`).toEqual(plain)
      const bent = sealed.slice()
      bent[random.int(bent.length)]! ^= 1 << random.int(8)
      expect(() => sodium.chaCha20Poly1305Decrypt(bent, nonce, ad, key), `seed ${seed}`).toThrow()
    }
  })

  test.each([15, 65_536])('error: %i bytes are not opened', async (bytes) => {
    const sodium = await sodiumCipher()
    const [text, nonce, ad, key] = [bytes, 12, 0, 32].map((length) => new Uint8Array(length))
    expect(() => sodium.chaCha20Poly1305Decrypt(text!, nonce!, ad!, key!)).toThrow()
  })
})

describe('fastNoiseCrypto', () => {
  test('behavior: a message that was sealed before the fast cipher was there is opened by it', async () => {
    const crypto = fastNoiseCrypto()
    const [key, nonce, ad] = [new Uint8Array(32).fill(1), new Uint8Array(12), new Uint8Array()]
    const sealed = crypto.chaCha20Poly1305Encrypt(Uint8Array.of(1, 2, 3), nonce, ad, key)
    await loadFastCipher()
    expect(crypto.chaCha20Poly1305Decrypt(sealed, nonce, ad, key)).toEqual(Uint8Array.of(1, 2, 3))
  })
})
