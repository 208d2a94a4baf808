/**
 * Random reads beside a committing sync. In any wait of any read, pages of the target are written, loose pages are
 * replaced, and the target becomes complete. Nothing is damaged, so no read may report damage, and every answer is
 * right.
 */
import { bytesToHex, concatBytes, hexToBytes } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import { type Random, seededRandom } from '../../testing/random.ts'
import type { Ref } from '../../trie/node-source.ts'
import { type Path, pathOfKey, ROOT_PATH } from '../../trie/path.ts'
import { MemoryRecords } from '../database/memory-records.ts'
import { InterruptedRecords, pagesOf, sequenceOf, stateOf } from '../fixture.suite.ts'
import { StateStore } from '../state-store.ts'

const FIRST = Number(process.env['SEED'] ?? 1)
const SEEDS = Number(process.env['SEEDS'] ?? 40)
const states = ['one', 'two', 'three'].map((seed) => stateOf(30, seed))

class World {
  readonly damaged: unknown[] = []
  readonly #random: Random
  readonly #records = new InterruptedRecords(new MemoryRecords())
  #store!: StateStore

  constructor(seed: number) {
    this.#random = seededRandom(seed)
  }

  async run(): Promise<void> {
    this.#store = await StateStore.over(this.#records, {
      onDamage: (damage) => this.damaged.push(damage),
      yieldThread: () => this.#records.interrupt(),
      cacheBytes: this.#chance(0.5) ? 0 : 10_000,
    })
    for (const state of states) {
      await this.#sync(state)
      expect(this.damaged).toEqual([])
      expect(this.#store.lastComplete()).toMatchObject({ root: state.trie.root, intact: true })
      expect(await this.#store.verify()).toMatchObject({ whole: true, damaged: 0 })
    }
    expect(this.damaged).toEqual([])
  }

  /** Writes a state in steps of any order, each inside a wait of some read. */
  async #sync({ trie, codes }: (typeof states)[number]): Promise<void> {
    const pages = pagesOf(trie.nodes, 500 + this.#random.int(3000)).sort(() => this.#random() - 0.5)
    const generation = await this.#store.target({ root: trie.root })
    const known = states.slice(0, states.findIndex((state) => state.trie === trie) + 1)
    let isComplete = false
    const step = async () => {
      const next = pages.splice(0, 1 + this.#random.int(3))
      if (next.length > 0) await generation.commit(next, this.#chance(0.3) ? codes : [])
      else if (!isComplete) {
        isComplete = true
        await generation.commit([], codes)
        await generation.complete()
      }
      if (!isComplete && this.#chance(0.2)) await generation.keepLoose([sequenceOf(trie.nodes.slice(0, 3))])
    }
    while (!isComplete) {
      this.#records.onWait = () => (this.#chance(0.2) ? step() : Promise.resolve())
      await this.#read(this.#random.pick(known))
      this.#records.onWait = null
      if (this.#chance(0.2)) await step()
    }
  }

  async #read({ trie, leaves, codes }: (typeof states)[number]): Promise<void> {
    const { nodes, root } = trie
    const node = this.#chance(0.3) ? nodes[0]! : this.#random.pick(nodes)
    const source = this.#store.source()
    const kind = this.#random.int(4)
    if (kind === 0) {
      const run = bytesToHex(await source.run(root, node, this.#random.int(3) * 9, 2 ** 30))
      const subtree = nodes.filter(({ path }) => path.startsWith(node.path))
      expect(textOf(subtree).startsWith(run)).toBe(true)
    } else if (kind === 1) {
      const key = pathOfKey(this.#random.pick(leaves).key)
      const way = nodes.filter(({ path }) => key.startsWith(path) && path.length < 64)
      const top: Ref = { path: ROOT_PATH, hash: root }
      expect(['', textOf(way)]).toContain(bytesToHex(await source.path(root, top, key as Path)))
    } else if (kind === 2) {
      const found = await this.#store.readerOf(root).node(node.path, node.hash)
      if (found !== undefined) expect(bytesToHex(found)).toBe(bytesToHex(node.blob))
    } else {
      const code = this.#random.pick(codes)
      const found = await this.#store.readerOf(root).code(hexToBytes(code.hash))
      if (found !== undefined) expect(found).toEqual(code.bytes)
    }
  }

  #chance(share: number): boolean {
    return this.#random() < share
  }
}

function textOf(nodes: readonly { readonly blob: Uint8Array }[]): string {
  return bytesToHex(concatBytes(...nodes.map(({ blob }) => blob)))
}

describe('reads beside a sync', () => {
  for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
    test(`behavior: nothing is judged damaged, and every answer is right: seed ${seed}`, () => new World(seed).run())
  }
})
