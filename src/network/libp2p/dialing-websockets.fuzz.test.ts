/**
 * A short run of `npm run bench -- hostile --raw --tab`, outside of Chromium: servers send random input at every level
 * to a tab's dialer. Vitest fails on any uncaught error and any unhandled rejection.
 */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { type RunningServer, startServer } from '../../server/server.ts'
import { StateDirectory } from '../../server/state-directory.ts'
import { FuzzingServer, TAB_FUZZ_LEVELS } from '../../testing/hostile/fuzzing-server.ts'
import { syncHonestly } from '../../testing/hostile/honest-sync.ts'
import { portOf } from '../../testing/hostile/raw-socket.ts'

/**
 * The number of servers by level. Above noise, each server is a node that completes the handshake, and sends several
 * inputs.
 */
const SERVERS = { tcp: 40, http: 40, webSocket: 40, noise: 40, yamux: 6, protocol: 6 }
const SEED = Number(process.env['SEED'] ?? 14)
const ACCOUNTS = 100

let directory: StateDirectory
let server: RunningServer
let root: Uint8Array

beforeAll(async () => {
  // Node 20 has no WebSocket to dial with.
  Object.assign(globalThis, { WebSocket })
  directory = await StateDirectory.open(undefined)
  const [source] = await directory.sources([{ generate: { accounts: ACCOUNTS, seed: 1 } }])
  root = source!.root
  server = await startServer({ sources: [{ root, source: source! }] })
}, 60_000)

afterAll(async () => {
  await server.close()
  await directory.close()
})

describe('Dialer and servers that say anything', () => {
  test.each(TAB_FUZZ_LEVELS)(
    `behavior: at the level of %s, beside an honest one: the sync ends, and no socket stays (seed ${SEED})`,
    async (level) => {
      const [honest] = server.multiaddrs
      const honestPort = portOf(honest!)
      const hostile = await FuzzingServer.start({ level, seed: SEED, addresses: SERVERS[level], honestPort, root })
      onTestFinished(() => hostile.stop())
      const isAnswered = () =>
        expect.poll(() => hostile.counts.dials, { timeout: 30_000 }).toBeGreaterThanOrEqual(SERVERS[level])
      const target = { address: honest!, root, others: hostile.addresses }
      expect(await syncHonestly(target, { until: isAnswered })).toMatchObject({ phase: 'complete', accounts: ACCOUNTS })
      await expect.poll(() => hostile.counts.open, { timeout: 20_000 }).toBe(0)
      expect(hostile.counts.kept, 'sockets that the tab had to close').toBe(0)
    },
    60_000,
  )
})
