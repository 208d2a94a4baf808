/**
 * The page measuring Rootlight: the public API as an application uses the API, with the engine in a worker or in the
 * window.
 */
import { createLightClient, type LightClient, type SyncProgress } from '../../../src/index.ts'
import { checkState } from '../check-state.ts'
import { watchIdle, watchMainThread } from '../main-thread.ts'
import type { BenchPage, BenchTask, PageResult } from '../page-contract.ts'

const createWorker = () =>
  new Worker(new URL('../../../src/worker/port/worker.ts', import.meta.url), { type: 'module' })

class OursPage implements BenchPage {
  #task!: BenchTask
  #client!: LightClient
  #last!: SyncProgress

  async open(task: BenchTask): Promise<void> {
    this.#task = task
    this.#client = await createLightClient({
      database: 'bench',
      chainId: 1,
      peers: [task.address],
      ...(task.contender === 'window' ? {} : { worker: createWorker }),
    })
  }

  idle = watchIdle

  async run(): Promise<PageResult> {
    const { value, report } = await watchMainThread(() => this.#sync())
    const { nodes, codes } = this.#last
    return { ...value, nodes, codes, mainThread: report }
  }

  async #sync(): Promise<{ readonly ms: number; readonly connectMs: number }> {
    const start = performance.now()
    const sync = this.#client.sync({ root: this.#task.root })
    let connectMs = 0
    sync.addEventListener('progress', ({ detail }) => {
      if (connectMs === 0 && detail.peers > 0) connectMs = performance.now() - start
    })
    this.#last = await sync.done
    return { ms: performance.now() - start, connectMs }
  }

  async check(): Promise<void> {
    const { root, expected } = this.#task
    await checkState(this.#client, this.#last, { root, ...expected })
    await this.#client.close()
  }
}

globalThis.bench = new OursPage()
