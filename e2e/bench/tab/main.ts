/** The page of the restart and takeover benchmarks: the public API with the engine in a worker, and a clock beside it. */
import { createLightClient, type LightClient, type Sync, type SyncProgress } from '../../../src/index.ts'
import type { OpenMarks, RoleMark, TabPage, TabTask } from '../tab-contract.ts'

class Tab implements TabPage {
  readonly roles: RoleMark[] = []
  connectedAt: number | null = null
  progress: SyncProgress | null = null
  #task!: TabTask
  #client!: LightClient
  #sync!: Sync

  async open(task: TabTask): Promise<OpenMarks> {
    this.#task = task
    let workerAt = 0
    const calledAt = Date.now()
    this.#client = await createLightClient({
      database: 'bench',
      chainId: 0,
      peers: [task.address],
      worker: () => {
        const worker = new Worker(new URL('../../../src/worker/port/worker.ts', import.meta.url), { type: 'module' })
        // The worker's first message: a sign of life.
        worker.addEventListener('message', () => (workerAt = Date.now()), { once: true })
        return worker
      },
    })
    const openedAt = Date.now()
    this.#listen()
    return { calledAt, workerAt, openedAt }
  }

  sync(): void {
    this.#sync = this.#client.sync({ root: this.#task.root })
  }

  async resume(task: TabTask): Promise<OpenMarks> {
    const marks = await this.open(task)
    this.sync()
    return marks
  }

  async cutOff(bytes: number): Promise<SyncProgress> {
    const reached = new Promise<void>((resolve) =>
      this.#sync.addEventListener('progress', ({ detail }) => {
        if (detail.bytes >= bytes) resolve()
      }),
    )
    const ended = this.#sync.done.then(() => {
      throw new Error('the sync ended before it could be cut off')
    })
    await Promise.race([reached, ended])
    return this.stop()
  }

  async stop(): Promise<SyncProgress> {
    await this.#sync.cancel()
    await this.#client.close()
    const { progress } = this.#sync
    if (progress?.phase !== 'failed') throw new Error(`the sync was to be cut off, and is ${progress?.phase}`)
    return progress
  }

  async finish(): Promise<SyncProgress> {
    const progress = await this.#sync.done
    await this.#client.close()
    return progress
  }

  #listen(): void {
    this.#client.addEventListener('role', ({ detail }) => this.roles.push({ role: detail, at: Date.now() }))
    this.#client.addEventListener('progress', ({ detail }) => {
      this.progress = detail
    })
    this.#client.addEventListener('peers', ({ detail }) => {
      if (detail.some(({ state }) => state === 'connected' || state === 'busy')) this.connectedAt ??= Date.now()
    })
  }
}

globalThis.tab = new Tab()
