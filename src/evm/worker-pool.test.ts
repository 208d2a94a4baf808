import { describe, expect, test } from 'vitest'
import { ManualClock, settle } from '../testing/manual-clock.ts'
import type { CallState } from '../wallet/provider/types.ts'
import { MAX_WORKERS } from './constants.ts'
import type { Job, ToWorker } from './messages.ts'
import { WorkerPool } from './worker-pool.ts'

const state: CallState = { account: async () => null, storage: async () => 0n, code: async () => '0x' }

/** A pool of workers that end a job when told. Each job is named by its gas. */
function poolOf() {
  const started: bigint[] = []
  const running = new Map<bigint, { end(): void; crash(): void }>()
  const open = () => {
    const worker = {
      terminate: () => {},
      onmessage: (_: { data: unknown }) => {},
      onerror: (_: object) => {},
      postMessage(message: ToWorker) {
        if (message.kind !== 'run') return
        const name = message.what.request.gas!
        started.push(name)
        const end = () => worker.onmessage({ data: { kind: 'done', job: message.job, result: name } })
        running.set(name, { end, crash: () => worker.onerror({ message: 'crashed' }) })
      },
    }
    queueMicrotask(() => worker.onmessage({ data: { kind: 'ready' } }))
    return worker as unknown as Worker
  }
  const pool = new WorkerPool(open, new ManualClock())
  const run = (name: number) => {
    const job: Job = {
      ...{ method: 'call', block: { number: null, header: null } },
      ...{ request: { gas: BigInt(name) }, options: { chainId: 1 } },
    }
    return pool.run(job, state, { limitMs: 1000 }).catch(() => null)
  }
  return { run, started, running }
}

describe('WorkerPool', () => {
  test.each(['end', 'crash'] as const)(
    'behavior: calls get a worker in the order they came, also where a worker becomes free by a %s',
    async (how) => {
      const { run, started, running } = poolOf()
      const total = MAX_WORKERS + 4
      for (let name = 0; name < total; name++) void run(name)
      await settle()
      expect(started).toHaveLength(MAX_WORKERS)
      for (let name = 0; name < total; name++) {
        // A call that comes at the moment a worker is free waits behind those that are waiting.
        const freed = running.get(BigInt(name))!
        freed[how]()
        for (let turn = 0; turn < 4; turn++) {
          void run(total + 4 * name + turn)
          await Promise.resolve()
        }
        await settle()
        expect(started).toHaveLength(MAX_WORKERS + name + 1)
      }
      expect(started).toEqual(started.map((_, i) => BigInt(i)))
    },
  )
})
