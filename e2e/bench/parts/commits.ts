/** Nothing but the way to the disk: the pages of the state, in chunks as the sync writes them. */
import { openStateStore, type StateStore } from '../../../src/store/state-store.ts'
import { createFastKeccak } from '../../../src/trie/fast-keccak.ts'
import type { BenchTask } from '../page-contract.ts'
import { type Recording, record } from './recording.ts'
import type { Part } from './worker.ts'

/** As many pages as gather while the disk is at work. */
const PAGES_A_COMMIT = 32

export class Commits implements Part {
  #task!: BenchTask
  #recording!: Recording
  #store!: StateStore

  async open(task: BenchTask): Promise<void> {
    this.#task = task
    const keccak = await createFastKeccak()
    this.#recording = await record(task, keccak)
    this.#store = await openStateStore({ database: 'bench', keccak })
  }

  async run(): Promise<number> {
    const { root, pages } = this.#recording
    const generation = await this.#store.target({ root })
    for (let at = 0; at < pages.length; at += PAGES_A_COMMIT) {
      await generation.commit(pages.slice(at, at + PAGES_A_COMMIT), [])
    }
    return 0
  }

  async check(): Promise<void> {
    const nodes = this.#recording.pages.reduce((sum, page) => sum + page.counts.nodes, 0)
    const { expected } = this.#task
    if (nodes !== expected.nodes) throw new Error(`nodes: got ${nodes}, expected ${expected.nodes}`)
    const [generation] = this.#store.storage().generations
    if (generation?.nodes !== nodes) throw new Error(`written: got ${generation?.nodes}, expected ${nodes}`)
    await this.#store.close()
  }
}
