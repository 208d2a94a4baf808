/**
 * Caches the bytes of recently read pages; the least recent ones go first. Pages are immutable and known by the
 * identity of their key, so no entry can be stale. A dropped page is forgotten only to free its bytes.
 */
import type { PageKey } from '../format/page-key.ts'

export class PageCache {
  readonly #maxBytes: number
  /** A map keeps the order of insertion: the first entry is the least recent one. */
  readonly #pages = new Map<PageKey, Uint8Array>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** The cached bytes: never more than the maximum. */
  get bytes(): number {
    return this.#bytes
  }

  get(page: PageKey): Uint8Array | undefined {
    const bytes = this.#pages.get(page)
    if (bytes === undefined) return undefined
    this.#pages.delete(page)
    this.#pages.set(page, bytes)
    return bytes
  }

  set(page: PageKey, bytes: Uint8Array): void {
    this.delete(page)
    this.#pages.set(page, bytes)
    this.#bytes += bytes.length
    for (const oldest of this.#pages.keys()) {
      if (this.#bytes <= this.#maxBytes) return
      this.delete(oldest)
    }
  }

  delete(page: PageKey): void {
    const bytes = this.#pages.get(page)
    if (bytes === undefined) return
    this.#pages.delete(page)
    this.#bytes -= bytes.length
  }

  clear(): void {
    this.#pages.clear()
    this.#bytes = 0
  }
}
