/**
 * Commits in chunks. Each chunk is one transaction with pages, their wanted hashes, codes, and the count of codes, in
 * the order given. A crash, a full disk or a lost connection leaves a prefix of whole chunks.
 */
import { hexToBytes } from '@noble/hashes/utils.js'
import type { Code, Page } from '../../sync/disk.ts'
import { StoreError } from '../errors.ts'
import { putGenerationRecord } from '../format/generation-record.ts'
import { encodePageKey } from '../format/page-key.ts'
import type { Operation } from '../format/record-types.ts'
import { encodeWantedKey } from '../format/wanted-key.ts'
import type { Catalog } from './catalog.ts'
import type { GenerationState } from './generation-state.ts'
import { PageIndex } from './page-index.ts'
import { checkLives, type StoreContext } from './store-context.ts'

/**
 * Writes pages, then codes. Stored ones are passed over, so the same commit may be repeated after a failure. Rejects
 * with `badPage`, `generationGone` or as the records do; earlier chunks stay written.
 */
export async function commitInChunks(
  context: StoreContext,
  state: GenerationState,
  pages: readonly Page[],
  codes: readonly Code[],
): Promise<void> {
  const items: readonly PageOrCode[] = [...pages, ...codes]
  for (let from = 0; from < items.length; ) {
    const to = chunkEnd(items, from, context.pacer.chunkBytes)
    await writeChunk(context, state, items.slice(from, to))
    from = to
    if (from < items.length) await context.yieldThread()
  }
}

type PageOrCode = Page | Code

/** Returns the end of the chunk beginning at `from`: one item at least, and more while they fit. */
function chunkEnd(items: readonly PageOrCode[], from: number, maxBytes: number): number {
  let bytes = items[from]!.bytes.length
  let to = from + 1
  while (to < items.length && bytes + items[to]!.bytes.length <= maxBytes) bytes += items[to++]!.bytes.length
  return to
}

function writeChunk(context: StoreContext, state: GenerationState, items: readonly PageOrCode[]): Promise<void> {
  const { records, catalog, queue, pacer, now } = context
  return queue.enter(async () => {
    checkLives(catalog, state)
    const chunk = new Chunk(catalog, state)
    for (const item of items) chunk.add(item)
    const operations = chunk.operations()
    if (operations.length === 0) return
    const startMs = now()
    await records.write(operations, 'relaxed')
    pacer.measured(chunk.bytes, now() - startMs)
    chunk.apply()
  })
}

/** The operations of one transaction, and their changes to the catalog. */
class Chunk {
  readonly #catalog: Catalog
  readonly #state: GenerationState
  readonly #operations: Operation[] = []
  readonly #pages = new PageIndex()
  readonly #wanted = new Set<string>()
  readonly #codes = new Set<string>()
  #codeBytes = 0
  /** The bytes of pages and codes in this chunk. */
  bytes = 0

  constructor(catalog: Catalog, state: GenerationState) {
    this.#catalog = catalog
    this.#state = state
  }

  add(item: PageOrCode): void {
    if ('hash' in item) this.#addCode(item)
    else this.#addPage(item)
  }

  operations(): readonly Operation[] {
    return this.#codes.size === 0 ? this.#operations : [...this.#operations, putGenerationRecord(this.#record())]
  }

  /** Changes the catalog after the transaction has succeeded. */
  apply(): void {
    for (const page of this.#pages) this.#state.pages.add(page)
    for (const hash of this.#wanted) this.#state.wanted.add(hash)
    for (const hash of this.#codes) {
      this.#catalog.codes.add(hash)
      for (const state of this.#catalog.generations) state.wanted.delete(hash)
    }
    this.#state.record = this.#record()
  }

  #addPage(page: Page): void {
    const { start, end, bytes, counts, codes } = page
    const [other] = [...this.#state.pages.within(page), ...this.#pages.within(page)]
    if (other?.start === start && other.end === end) return // pages are immutable: the same page
    if (other !== undefined) throw badPage(page, `overlaps [${other.start}, ${other.end})`)
    if (start >= end) throw badPage(page, 'covers nothing')
    const key = { generation: this.#state.number, start, end, counts: { ...counts } }
    this.#operations.push({ kind: 'put', store: 'pages', key: encodePageKey(key), value: bytes })
    this.#pages.add(key)
    this.bytes += bytes.length
    for (const hash of codes) this.#want(hash)
  }

  #want(hash: string): void {
    if (this.#catalog.codes.has(hash) || this.#state.wanted.has(hash) || this.#wanted.has(hash)) return
    const key = encodeWantedKey({ generation: this.#state.number, hash })
    this.#operations.push({ kind: 'put', store: 'wanted', key, value: 1 })
    this.#wanted.add(hash)
  }

  #addCode({ hash, bytes }: Code): void {
    if (this.#catalog.codes.has(hash) || this.#codes.has(hash)) return
    this.#operations.push({ kind: 'put', store: 'codes', key: hexToBytes(hash), value: bytes })
    for (const state of this.#catalog.generations) {
      if (!state.wanted.has(hash) && !(state === this.#state && this.#wanted.has(hash))) continue
      const key = encodeWantedKey({ generation: state.number, hash })
      this.#operations.push({ kind: 'delete', store: 'wanted', key })
    }
    this.#codes.add(hash)
    this.#codeBytes += bytes.length
    this.bytes += bytes.length
  }

  #record() {
    const { record } = this.#state
    const { count, bytes } = record.codeCounts
    return { ...record, codeCounts: { count: count + this.#codes.size, bytes: bytes + this.#codeBytes } }
  }
}

function badPage({ start, end }: Page, rule: string): StoreError {
  return new StoreError('badPage', `the page [${start}, ${end}) ${rule}`, { details: { start, end, rule } })
}
