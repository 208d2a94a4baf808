import { expect, onTestFinished, test, vi } from 'vitest'
import type { ServeOptions, Serving } from '../network/peers/serve.ts'
import { MAX_SERVING_MS } from '../protocol/constants.ts'
import type { Status } from '../protocol/messages.ts'
import type { NodeSource } from '../trie/node-source.ts'
import { ROOT_PATH } from '../trie/path.ts'
import { damagedState } from './damage.ts'
import { startServer } from './server.ts'

const { told } = vi.hoisted(() => ({ told: [] as Status[] }))
const [WHOLE, DAMAGED] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]

// A peer that connects and asks before `serve` resolves.
vi.mock('../network/peers/serve.ts', async (original) => {
  const real = await original<typeof import('../network/peers/serve.ts')>()
  return {
    ...real,
    serve: async (options: ServeOptions): Promise<Serving> => {
      const serving = await real.serve(options)
      await options.source.run(DAMAGED, { path: ROOT_PATH, hash: DAMAGED }, 1, MAX_SERVING_MS)
      return { ...serving, setStatus: (status) => void told.push(status) }
    },
  }
})

test('behavior: damage met by the first peer, before the server has started, withdraws the state', async () => {
  const sourceWith = (root: Uint8Array, run: NodeSource['run']): NodeSource => ({
    has: (wanted) => Buffer.compare(wanted, root) === 0,
    run,
    path: async () => new Uint8Array(),
    code: async () => undefined,
  })
  const damage = damagedState({ label: 'test', root: '02'.repeat(32) }, 'a test')
  const sources = [
    { root: WHOLE, source: sourceWith(WHOLE, async () => new Uint8Array(1)) },
    { root: DAMAGED, source: sourceWith(DAMAGED, () => Promise.reject(damage)) },
  ]
  const seen: unknown[] = []
  const server = await startServer({ sources, onDamage: (error, state) => seen.push([error, state.root]) })
  onTestFinished(() => server.close())
  expect(seen).toEqual([[damage, DAMAGED]])
  expect(server.roots).toEqual([WHOLE])
  expect(told.map(({ roots }) => roots.map(({ root }) => root))).toEqual([[WHOLE]])
})
