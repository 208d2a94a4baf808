/** The page measuring the straight port, in the window or in a worker. */
import { watchIdle, watchMainThread } from '../main-thread.ts'
import type { BenchPage, BenchTask, PageResult } from '../page-contract.ts'
import { callerOf } from '../worker-call.ts'
import { RecordStore } from './store.ts'
import { type StraightResult, straightSync } from './sync.ts'
import type { StraightStep } from './worker-port.ts'

type Verified = Awaited<ReturnType<RecordStore['verify']>>

/** The same steps on either thread. */
interface Runner {
  run(task: BenchTask): Promise<StraightResult>
  check(): Promise<Verified>
}

class StraightPage implements BenchPage {
  #task!: BenchTask
  #runner!: Runner

  async open(task: BenchTask): Promise<void> {
    this.#task = task
    this.#runner = task.straight.thread === 'worker' ? await workerRunner() : await windowRunner()
  }

  async run(): Promise<PageResult> {
    const { value, report } = await watchMainThread(() => this.#runner.run(this.#task))
    const { nodes, codes } = this.#task.expected
    // The same state has the same nodes. A node shared by two tries is stored once here, and counts once for each of
    // its places.
    return { ...value, nodes, codes, mainThread: report }
  }

  idle = watchIdle

  async check(): Promise<void> {
    const { records, recordsDigest } = this.#task.expected
    const verified = await this.#runner.check()
    if (verified.records !== records) throw new Error(`records: got ${verified.records}, expected ${records}`)
    if (verified.digest !== recordsDigest) throw new Error('the records are not those of the state')
  }
}

async function windowRunner(): Promise<Runner> {
  const store = await RecordStore.open()
  return { run: (task) => straightSync(task, store), check: () => store.verify() }
}

async function workerRunner(): Promise<Runner> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
  const call = callerOf<StraightStep>(worker)
  await call({ step: 'open' })
  return { run: (task) => call({ step: 'run', task }), check: () => call({ step: 'check' }) }
}

globalThis.bench = new StraightPage()
