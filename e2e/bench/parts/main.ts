/** The page measuring parts of a sync: the bare transport, verification, and commits. */
import { watchIdle, watchMainThread } from '../main-thread.ts'
import type { BenchPage, BenchTask, PageResult } from '../page-contract.ts'
import { callerOf } from '../worker-call.ts'
import type { PartStep } from './worker.ts'

class PartsPage implements BenchPage {
  readonly #call = callerOf<PartStep>(new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' }))
  #task!: BenchTask

  async open(task: BenchTask): Promise<void> {
    this.#task = task
    await this.#call({ step: 'open', task })
  }

  idle = watchIdle

  async run(): Promise<PageResult> {
    const { value, report } = await watchMainThread(async () => {
      const start = performance.now()
      const connectMs = await this.#call<number>({ step: 'run' })
      return { connectMs, ms: performance.now() - start }
    })
    const { nodes, codes } = this.#task.expected
    return { ...value, nodes, codes, mainThread: report }
  }

  async check(): Promise<void> {
    await this.#call({ step: 'check' })
  }
}

globalThis.bench = new PartsPage()
