/** Only the check of the received runs: hashes, the frontier, and the packing of pages, without a write. */

import { deliveryOf } from '../../../src/sync/delivery.ts'
import type { Counts } from '../../../src/sync/disk.ts'
import { createFastKeccak } from '../../../src/trie/fast-keccak.ts'
import type { Keccak } from '../../../src/trie/keccak.ts'
import type { BenchTask } from '../page-contract.ts'
import { emptyScheduler, type Recording, record } from './recording.ts'
import type { Part } from './worker.ts'

export class Verification implements Part {
  #task!: BenchTask
  #keccak!: Keccak
  #recording!: Recording
  #counts!: Counts

  async open(task: BenchTask): Promise<void> {
    this.#task = task
    this.#keccak = await createFastKeccak()
    this.#recording = await record(task, this.#keccak)
  }

  async run(): Promise<number> {
    const scheduler = emptyScheduler(this.#recording.root, this.#keccak)
    for (const { run, ...ref } of this.#recording.runs) {
      scheduler.process(deliveryOf(ref, run))
      scheduler.commit()
    }
    this.#counts = scheduler.counts
    return 0
  }

  async check(): Promise<void> {
    const { nodes } = this.#task.expected
    if (this.#counts.nodes !== nodes) throw new Error(`nodes: got ${this.#counts.nodes}, expected ${nodes}`)
  }
}
