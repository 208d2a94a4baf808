/** The page of the benchmark of reads: the public API with the engine in a worker. */
import { createLightClient, type LightClient, type SyncTarget } from '../../../src/index.ts'
import type { FirstRead, ReadsPage, ReadsTask, ScopeSync } from './contract.ts'

class Reads implements ReadsPage {
  #client!: LightClient

  async first(task: ReadsTask, account: string): Promise<FirstRead> {
    const calledAt = Date.now()
    await this.open(task)
    await this.#client.getAccount(account, { at: task.root as `0x${string}` })
    return { calledAt, answeredAt: Date.now() }
  }

  async sync(task: ReadsTask, scope: Pick<SyncTarget, 'accounts' | 'storage'>): Promise<ScopeSync> {
    await this.open(task)
    const start = performance.now()
    let connected = start
    const sync = this.#client.sync({ root: task.root, ...scope })
    sync.addEventListener('progress', ({ detail }) => {
      if (connected === start && detail.peers > 0) connected = performance.now()
    })
    await sync.done
    const end = performance.now()
    return { ms: end - start, connectedMs: end - connected }
  }

  async open({ address }: ReadsTask): Promise<void> {
    this.#client = await createLightClient({
      database: 'bench',
      chainId: 0,
      peers: [address],
      worker: () => new Worker(new URL('../../../src/worker/port/worker.ts', import.meta.url), { type: 'module' }),
    })
  }

  async read(accounts: readonly string[]): Promise<number[]> {
    const times: number[] = []
    for (const account of accounts) {
      const start = performance.now()
      await this.#client.getAccount(account)
      times.push(performance.now() - start)
    }
    return times
  }

  close(): Promise<void> {
    return this.#client.close()
  }
}

globalThis.reads = new Reads()
