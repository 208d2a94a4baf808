/**
 * The engine of one tab among others. A follower reads complete states from disk, and hands all other calls to the
 * writer. The writer, which may be this tab, does the work for all.
 */

import { isRootlightError } from '../../runtime/error.ts'
import type { Trace } from '../../runtime/trace.ts'
import type { StateView } from '../../store/state-view.ts'
import {
  accountRead,
  clientStatusOf,
  codeRead,
  proofRead,
  readComplete,
  type StateRead,
  slotRead,
} from '../engine/reads.ts'
import type { Answer, Engine, EngineMethod, ReadAt } from '../engine.ts'
import { engineOver } from '../engine-calls.ts'
import { Tab, type TabOptions } from './tab.ts'

/**
 * Opens the engine of a tab. Resolves when this tab is the writer, or follows one. Rejects as the engine of the writer
 * does, or as the view does.
 */
export async function openTabEngine(options: TabOptions): Promise<Engine> {
  const tab = new Tab(options)
  await tab.open()
  return tabEngine(tab, options)
}

function tabEngine(tab: Tab, { view, trace = null }: TabOptions): Engine {
  const writer = engineOver((call) => tab.call(call))
  const reads = new FollowerReads(tab, view, trace)
  return {
    ...writer,
    getAccount: async (address, at) =>
      reads.read('getAccount', at, accountRead(address), () => writer.getAccount(address, at)),
    getStorageAt: async (address, slot, at) =>
      reads.read('getStorageAt', at, slotRead(address, slot), () => writer.getStorageAt(address, slot, at)),
    getCode: async (address, at) => reads.read('getCode', at, codeRead(address), () => writer.getCode(address, at)),
    getProof: async (address, slots, at) =>
      reads.read('getProof', at, proofRead(address, slots), () => writer.getProof(address, slots, at)),
    // A follower has nothing to write: all its nodes are on disk.
    keep: async () => {
      if (tab.isWriter) await writer.keep()
    },
    status: async () => {
      if (tab.isWriter) return writer.status()
      tab.checkOpen()
      return clientStatusOf(await view.current())
    },
    role: async () => {
      tab.checkOpen()
      return tab.isWriter ? 'writer' : 'follower'
    },
    close: () => tab.close(),
  }
}

/** Reads of a tab that does not write. */
class FollowerReads {
  readonly #tab: Tab
  readonly #view: StateView
  readonly #trace: Trace | null

  constructor(tab: Tab, view: StateView, trace: Trace | null) {
    this.#tab = tab
    this.#view = view
    this.#trace = trace
  }

  /**
   * Reads the complete state from disk. Asks the writer if this tab is the writer, if the read is of another state, or
   * if the disk cannot answer.
   */
  async read<T>(
    method: EngineMethod,
    at: ReadAt | undefined,
    read: StateRead<T>,
    askWriter: () => Promise<Answer<T>>,
  ): Promise<Answer<T>> {
    const isComplete = at === undefined || at === 'complete'
    // The second time with a fresh view of the disk: the first view may be of a state deleted since.
    for (let reads = 0; !this.#tab.isWriter && isComplete && reads < 2; reads++) {
      this.#tab.checkOpen()
      try {
        const answer = await readComplete(await this.#view.current(), read)
        this.#trace?.('tabs', 'answered', { method, root: answer.root })
        return answer
      } catch (error) {
        // Nothing is complete: the completion of a state is announced. The writer may hold nodes not on disk.
        if (isRootlightError(error, 'notSynced')) break
        // Only the writer decides that a page is damaged.
        this.#view.outdate()
      }
    }
    return askWriter()
  }
}
