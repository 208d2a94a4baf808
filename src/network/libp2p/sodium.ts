/**
 * ChaCha20-Poly1305 (RFC 8439) of libsodium, without its wrappers: they allocate for each message, and a sync calls the
 * cipher for each 64 KiB. A message lies at a fixed place of WebAssembly's memory, and is sealed and opened in place.
 */
// @ts-expect-error: it has no types; what is used of it is `Library` below
import load from 'libsodium'

/** The largest message of noise, its tag included. */
const MAX_TEXT_BYTES = 65_535
/** The additional data of noise are a hash, or empty. */
const MAX_AD_BYTES = 64
const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** The used part of the library, as Emscripten exports it: numbers are addresses, and lengths come in two halves. */
interface Library {
  /** Replaced by another view after the memory has grown. */
  readonly HEAPU8: Uint8Array
  _malloc(bytes: number): number
  _crypto_aead_chacha20poly1305_ietf_encrypt: Aead
  _crypto_aead_chacha20poly1305_ietf_decrypt: Aead
}

/** A text in one piece or in several, which are not joined. */
type Bytes = Uint8Array | (Iterable<Uint8Array> & { readonly byteLength: number })

type Aead = (...args: (number | null)[]) => number

export class Sodium {
  readonly #library: Library
  readonly #text: number
  readonly #ad: number
  readonly #nonce: number
  readonly #key: number

  private constructor(library: Library) {
    this.#library = library
    this.#text = library._malloc(MAX_TEXT_BYTES + TAG_BYTES)
    this.#ad = library._malloc(MAX_AD_BYTES)
    this.#nonce = library._malloc(NONCE_BYTES)
    this.#key = library._malloc(KEY_BYTES)
  }

  /** Loads the library. Rejects without WebAssembly. */
  static async create(): Promise<Sodium> {
    // Without `sodium_init`: the call looks for random numbers, which a cipher does not need.
    return new Sodium((await load()) as Library)
  }

  /** Returns the encrypted message, followed by its tag. */
  encrypt(plaintext: Bytes, nonce: Uint8Array, ad: Uint8Array, key: Uint8Array): Uint8Array {
    const length = plaintext.byteLength
    const [text, adAt, nonceAt, keyAt] = this.#put(plaintext, nonce, ad, key)
    this.#library._crypto_aead_chacha20poly1305_ietf_encrypt(
      ...[text, null, text, length, 0],
      ...[adAt, ad.length, 0, null, nonceAt, keyAt],
    )
    return this.#library.HEAPU8.slice(text, text + length + TAG_BYTES)
  }

  /** Returns the message without its tag, in `into` if given. Throws if the tag is wrong. */
  decrypt(ciphertext: Bytes, nonce: Uint8Array, ad: Uint8Array, key: Uint8Array, into?: Uint8Array): Uint8Array {
    const length = ciphertext.byteLength - TAG_BYTES
    if (length < 0) throw new Error('less than a tag')
    const [text, adAt, nonceAt, keyAt] = this.#put(ciphertext, nonce, ad, key)
    const result = this.#library._crypto_aead_chacha20poly1305_ietf_decrypt(
      ...[text, null, null, text, ciphertext.byteLength, 0],
      ...[adAt, ad.length, 0, nonceAt, keyAt],
    )
    if (result !== 0) throw new Error('the tag is not that of the message')
    const opened = this.#library.HEAPU8.subarray(text, text + length)
    if (into === undefined) return opened.slice()
    into.set(opened)
    return into
  }

  /** Copies the arguments into the memory. Throws if they do not fit. */
  #put(text: Bytes, nonce: Uint8Array, ad: Uint8Array, key: Uint8Array): [number, number, number, number] {
    if (text.byteLength > MAX_TEXT_BYTES || ad.length > MAX_AD_BYTES) throw new Error('longer than a message of noise')
    const heap = this.#library.HEAPU8
    let at = this.#text
    for (const piece of text instanceof Uint8Array ? [text] : text) {
      heap.set(piece, at)
      at += piece.length
    }
    heap.set(nonce, this.#nonce)
    heap.set(ad, this.#ad)
    heap.set(key, this.#key)
    return [this.#text, this.#ad, this.#nonce, this.#key]
  }
}
