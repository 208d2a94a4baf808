/**
 * Random histories of one state's generation: commits of any pages in any order, loose pages, damage, crashes between
 * and within commits. After each step the contents equal those of a plain model; after each crash the model holds
 * exactly the written part.
 */
import { bytesToHex } from '@noble/hashes/utils.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Code, Contents, Page, Stretch } from '../../sync/disk.ts'
import { createFastKeccak } from '../../trie/fast-keccak.ts'
import { MemoryRecords } from '../database/memory-records.ts'
import { countsOf, damagePage, pagesOf, stateOf, WatchedRecords } from '../fixture.suite.ts'
import { StateStore } from '../state-store.ts'
import type { Generation } from './generation.ts'

const { trie, codes } = stateOf(45)
const keccak = await createFastKeccak()
const pages = pagesOf(trie.nodes, 1200)
const { root } = trie

type Step =
  | { kind: 'commit'; pages: number[]; codes: number[] }
  | { kind: 'crash'; pages: number[]; codes: number[]; writes: number }
  | { kind: 'loose'; pages: number[] }
  | { kind: 'damage'; page: number }
  | { kind: 'reopen' }

const some = (list: readonly unknown[]) => fc.uniqueArray(fc.nat(list.length - 1), { maxLength: 12 })
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('commit' as const), pages: some(pages), codes: some(codes) }),
  fc.record({ kind: fc.constant('crash' as const), pages: some(pages), codes: some(codes), writes: fc.nat(6) }),
  fc.record({ kind: fc.constant('loose' as const), pages: some(pages) }),
  fc.record({ kind: fc.constant('damage' as const), page: fc.nat(pages.length - 1) }),
  fc.record({ kind: fc.constant('reopen' as const) }),
)

/** The expected contents: pages and codes by their index, and nothing beyond the pages. */
class Model {
  readonly pages = new Set<number>()
  readonly codes = new Set<number>()
  /** Named by pages at their commit, and not stored then or since. */
  readonly wanted = new Set<string>()
  loose: number[] = []

  commit(ofPages: readonly number[], ofCodes: readonly number[]): void {
    for (const i of ofPages) {
      if (this.pages.has(i)) continue
      this.pages.add(i)
      const stored = new Set([...this.codes].map((code) => codes[code]!.hash))
      for (const hash of pages[i]!.codes) if (!stored.has(hash)) this.wanted.add(hash)
    }
    for (const i of ofCodes) {
      this.codes.add(i)
      this.wanted.delete(codes[i]!.hash)
    }
  }

  contents(): Partial<Omit<Contents, 'loose'>> & { loose: string[] } {
    const held = [...this.pages].sort((a, b) => a - b).map((i) => pages[i]!)
    return {
      complete: false,
      stretches: joined(held),
      counts: countsOf(held),
      loose: this.loose.map((i) => textOf(pages[i]!.bytes)),
      codes: new Set([...this.codes].map((i) => codes[i]!.hash)),
    }
  }
}

function joined(held: readonly Page[]): Stretch[] {
  const stretches: { start: string; end: string }[] = []
  for (const { start, end } of held) {
    const last = stretches.at(-1)
    if (last?.end === start) last.end = end
    else stretches.push({ start, end })
  }
  return stretches
}

class World {
  readonly #disk = new MemoryRecords()
  readonly #model = new Model()
  #records!: WatchedRecords
  #store!: StateStore
  #generation!: Generation

  async open(): Promise<void> {
    this.#records = new WatchedRecords(this.#disk.reopen())
    let nowMs = 0
    // This clock makes chunks as small as one page, so most commits take several transactions.
    const options = { keccak, now: () => (nowMs += 1000), yieldThread: async () => {}, cacheBytes: 5000 }
    this.#store = await StateStore.over(this.#records, options)
    this.#generation = await this.#store.target({ root })
  }

  async run(step: Step): Promise<void> {
    if (step.kind === 'commit') {
      await this.#commit(step.pages, step.codes)
      this.#model.commit(step.pages, step.codes)
    } else if (step.kind === 'crash') await this.#crash(step)
    else if (step.kind === 'loose') {
      const order = [...step.pages].sort((a, b) => a - b)
      await this.#generation.keepLoose(order.map((i) => pages[i]!.bytes))
      this.#model.loose = order
    } else if (step.kind === 'damage') await this.#damage(step.page)
    else {
      await this.#store.close()
      await this.open()
    }
  }

  async check(): Promise<void> {
    const contents = await this.#generation.contents()
    expect({ ...contents, loose: contents.loose.map(textOf) }).toMatchObject(this.#model.contents())
    expect(new Set(contents.wanted)).toEqual(this.#model.wanted)
    for (const [i, page] of pages.entries()) {
      const node = trie.nodes.find((node) => node.path >= page.start)!
      const read = await this.#store.reader(this.#generation.number).node(node.path, node.hash)
      expect(textOf(read)).toBe(textOf(this.#model.pages.has(i) ? node.blob : undefined))
    }
  }

  /** Commits the missing rest in the end, and checks that everything is there. */
  async finish(): Promise<void> {
    await this.#commit([...pages.keys()], [...codes.keys()])
    await this.#generation.complete()
    expect(await this.#generation.contents()).toMatchObject({ complete: true, counts: countsOf(pages), loose: [] })
    await this.#store.close()
    await this.open()
    expect(this.#store.lastComplete()).toMatchObject({ root, intact: true })
    for (const { path, hash, blob } of trie.nodes) {
      expect(textOf(await this.#generation.node(path, hash))).toBe(textOf(blob))
    }
  }

  /** Fails the commit at some write. The next store finds a prefix: exactly the written part. */
  async #crash(step: Extract<Step, { kind: 'crash' }>): Promise<void> {
    const before = this.#records.writes.length
    this.#records.failAfter = before + step.writes
    await this.#commit(step.pages, step.codes).catch(() => {})
    const puts = this.#records.writes.slice(before).flatMap(({ operations }) => operations)
    const written = (store: 'pages' | 'codes') => puts.filter((put) => put.kind === 'put' && put.store === store).length
    const newPages = step.pages.filter((i) => !this.#model.pages.has(i)).slice(0, written('pages'))
    const newCodes = step.codes.filter((i) => !this.#model.codes.has(i)).slice(0, written('codes'))
    this.#model.commit(newPages, newCodes)
    await this.open()
  }

  async #damage(i: number): Promise<void> {
    if (!this.#model.pages.has(i)) return
    const page = pages[i]!
    await this.#store.close()
    await damagePage({ connect: async () => this.#disk.reopen() }, page.start, (bytes) => bytes.slice(0, -1))
    await this.open()
    const last = trie.nodes.findLast((node) => node.path < page.end)!
    await expect(this.#generation.node(last.path, last.hash)).rejects.toMatchObject({ code: 'damagedPage' })
    this.#model.pages.delete(i)
  }

  #commit(ofPages: readonly number[], ofCodes: readonly number[]): Promise<void> {
    const chosen: Code[] = ofCodes.map((i) => codes[i]!)
    return this.#generation.commit(
      ofPages.map((i) => pages[i]!),
      chosen,
    )
  }
}

/** Turns bytes into text: much faster to compare. */
function textOf(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? 'nothing' : bytesToHex(bytes)
}

describe('Generation', () => {
  test('behavior: through commits, crashes, damage and reopening it holds what was written, and can be completed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const world = new World()
        await world.open()
        for (const step of steps) {
          await world.run(step)
          await world.check()
        }
        await world.finish()
      }),
      { numRuns: 100 },
    )
  })
})
