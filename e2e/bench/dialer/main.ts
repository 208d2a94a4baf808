/** The page of the raw benchmark of tabs: the public API with the engine in a worker, several clients at a time. */
import { createLightClient, type LightClient } from '../../../src/index.ts'
import type { ClientSync, ClientTask, DialerPage } from '../dialer-contract.ts'

/** An address without an account: reads prove its absence. */
const NOBODY = `0x${'42'.repeat(20)}`

interface Open {
  readonly client: LightClient
  readonly honest: string
}

class Dialer implements DialerPage {
  readonly #open = new Map<string, Open>()

  async sync(name: string, { peers, honest, root }: ClientTask): Promise<ClientSync> {
    const client = await createLightClient({
      database: `bench-${name}`,
      chainId: 0,
      peers: [...peers],
      worker: () => new Worker(new URL('../../../src/worker/port/worker.ts', import.meta.url), { type: 'module' }),
    })
    this.#open.set(name, { client, honest })
    const losses = new Set<string>()
    const start = performance.now()
    client.addEventListener('peers', ({ detail }) => {
      const { reason, message = '' } = detail.find(({ address }) => address === honest) ?? {}
      if (reason !== undefined) losses.add(`${reason}: ${message}`)
    })
    const { phase } = await client.sync({ root }).done
    if (phase !== 'complete') throw new Error(`the sync is ${phase}`)
    return { ms: Math.round(performance.now() - start), losses: [...losses] }
  }

  verdicts(name: string): Record<string, number> {
    const { client, honest } = this.#get(name)
    const counts: Record<string, number> = {}
    for (const { address, reason = 'none yet' } of client.peers()) {
      if (address !== honest) counts[reason] = (counts[reason] ?? 0) + 1
    }
    return counts
  }

  async read(name: string): Promise<void> {
    await this.#get(name).client.getAccount(NOBODY)
  }

  async close(name: string): Promise<void> {
    const { client } = this.#get(name)
    this.#open.delete(name)
    await client.close()
  }

  #get(name: string): Open {
    const open = this.#open.get(name)
    if (open === undefined) throw new Error(`no client is called ${name}`)
    return open
  }
}

globalThis.dialer = new Dialer()
