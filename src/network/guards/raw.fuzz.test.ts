/**
 * A short run of `npm run bench -- hostile --raw`: random input at every level, to a server in this process, so an
 * uncaught error fails the run. An honest client syncs at the same time. A seed is an input: see `raw-fuzz.ts`.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { type RunningServer, startServer } from '../../server/server.ts'
import { StateDirectory } from '../../server/state-directory.ts'
import { syncHonestly } from '../../testing/hostile/honest-sync.ts'
import { FUZZ_LEVELS, type FuzzTarget, fuzz } from '../../testing/hostile/raw-fuzz.ts'

const INPUTS = Number(process.env['INPUTS'] ?? 200)
const SEED = Number(process.env['SEED'] ?? 1)
const ACCOUNTS = 300

let directory: StateDirectory
let server: RunningServer
let target: FuzzTarget

beforeAll(async () => {
  // Node 20 has no WebSocket to dial with.
  Object.assign(globalThis, { WebSocket })
  directory = await StateDirectory.open(undefined)
  const [source] = await directory.sources([{ generate: { accounts: ACCOUNTS, seed: 1 } }])
  server = await startServer({ sources: [{ root: source!.root, source: source! }] })
  target = { address: server.multiaddrs[0]!, root: source!.root }
}, 60_000)

afterAll(async () => {
  await server.close()
  await directory.close()
})

describe('startServer', () => {
  test.each(Object.keys(FUZZ_LEVELS))(
    `behavior: ${INPUTS} inputs at the level of %s: an honest client beside them syncs, and nothing is held behind them`,
    async (level) => {
      const [summary] = await Promise.all([syncHonestly(target), fuzz(target, level, INPUTS, SEED)])
      expect(summary).toMatchObject({ phase: 'complete', accounts: ACCOUNTS })
      await expect.poll(() => [server.stats().peers, server.stats().heldBytes], { timeout: 30_000 }).toEqual([0, 0])
    },
    300_000,
  )
})
