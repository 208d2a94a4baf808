/** The trace of a client in a real Chromium, on either engine, with a real server. */
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { commands } from 'vitest/browser'
import { createLightClient, type LightClient, type TraceEvent } from './index.ts'

interface Commands {
  startStateServer(): Promise<{ id: number; address: string; root: string }>
  stopStateServer(id: number): Promise<void>
}

const { startStateServer, stopStateServer } = commands as unknown as Commands
const OTHER_ROOT = `0x${'12'.repeat(32)}` as const
const ADDRESS = '0x000d836201318ec6899a67540690382780743280'
const createWorker = () => new Worker(new URL('./worker/port/worker.ts', import.meta.url), { type: 'module' })
let names = 0

interface Opened {
  readonly client: LightClient
  readonly events: TraceEvent[]
}

interface OpenOptions {
  readonly peers?: string[]
  readonly database?: string
  readonly onTrace?: (event: TraceEvent) => void
}

async function open(engine: string, { peers = [], database = `trace-${names++}`, onTrace }: OpenOptions = {}) {
  const events: TraceEvent[] = []
  const options = { database, chainId: 1, peers, onTrace: onTrace ?? ((event: TraceEvent) => void events.push(event)) }
  const client = await createLightClient(engine === 'worker' ? { ...options, worker: createWorker } : options)
  onTestFinished(() => client.close())
  return { client, events } satisfies Opened
}

async function serveState() {
  const server = await startStateServer()
  onTestFinished(() => stopStateServer(server.id))
  return server
}

const codesOf = (events: readonly TraceEvent[]) => events.map(({ scope, code }) => `${scope}.${code}`)

describe.each(['worker', 'window'])('onTrace, engine in the %s', (engine) => {
  test('default: from the dial over the first request to the complete state, and the source of a read', async () => {
    const { address, root } = await serveState()
    const { client, events } = await open(engine, { peers: [address] })
    await client.sync({ root }).done
    const codes = codesOf(events)
    const order = ['tabs.writing', 'store.began', 'peers.dialing', 'peers.status', 'peers.connected', 'sync.asked']
    for (const code of [...order, 'sync.answered', 'store.completed']) expect(codes).toContain(code)
    expect(codes.indexOf('peers.dialing')).toBeLessThan(codes.indexOf('peers.connected'))
    expect(codes.indexOf('peers.connected')).toBeLessThan(codes.indexOf('sync.asked'))
    const peer = address.split('/').at(-1)!
    expect(events.find(({ scope, code }) => scope === 'sync' && code === 'asked')).toEqual({
      at: expect.any(Number),
      scope: 'sync',
      code: 'asked',
      text: expect.stringMatching(/^asks ….{8} for 1 node, .* at most$/),
      details: { peer, kind: 'nodes', items: 1, maxBytes: expect.any(Number), again: false },
    })
    await client.getAccount(ADDRESS)
    const read = events.find(({ scope, code }) => scope === 'reads' && code === 'answered')
    expect(read).toMatchObject({ details: { root, memory: 0, peers: 0 } })
    expect(read?.details['disk']).toBeGreaterThan(0)
  })

  test('behavior: a stall says how many peers there are, and how many may have the root', async () => {
    const { address } = await serveState()
    const { client, events } = await open(engine, { peers: [address] })
    const sync = client.sync({ root: OTHER_ROOT })
    const ended = sync.done.catch(({ code }) => code)
    const stall = () => events.find(({ code }) => code === 'stalled')
    await expect.poll(stall, { timeout: 10_000 }).toMatchObject({
      scope: 'sync',
      text: 'stalled (rootUnavailable): 1 connected peer, of which 0 may have the root',
      details: { reason: 'rootUnavailable', peers: 1, able: 0 },
    })
    await sync.cancel()
    expect(await ended).toBe('cancelled')
    expect(events.find(({ code }) => code === 'ended')).toMatchObject({ scope: 'sync' })
  })

  test('behavior: a read says which peer it asked, and what came from where', async () => {
    const { address, root } = await serveState()
    const { client, events } = await open(engine, { peers: [address] })
    await client.getAccount(ADDRESS, { at: root as `0x${string}` })
    const reads = events.filter(({ scope }) => scope === 'reads')
    expect(reads).toMatchObject([
      { code: 'asked', details: { peer: address.split('/').at(-1), kind: 'way', items: 1 } },
      { code: 'answered', details: { root, memory: 0, disk: 0 } },
    ])
  })

  test('behavior: a follower tells its own decisions, the writer its own', async () => {
    const database = `trace-${names++}`
    const writer = await open(engine, { database })
    const follower = await open(engine, { database })
    await expect(follower.client.getAccount(ADDRESS)).rejects.toMatchObject({ code: 'notSynced' })
    expect(codesOf(writer.events)).toContain('tabs.writing')
    expect(new Set(follower.events.map(({ scope }) => scope))).toEqual(new Set(['tabs']))
    expect(codesOf(follower.events)).toEqual(expect.arrayContaining(['tabs.following', 'tabs.asked']))
  })

  test('error: one that throws is told on the console, and ends nothing', async () => {
    const told = vi.spyOn(console, 'error').mockImplementation(() => {})
    onTestFinished(() => told.mockRestore())
    const { address, root } = await serveState()
    const error = new Error('the application’s')
    const throws = () => {
      throw error
    }
    const { client } = await open(engine, { peers: [address], onTrace: throws })
    expect(await client.sync({ root }).done).toMatchObject({ phase: 'complete' })
    expect(told).toHaveBeenCalledWith('`onTrace` threw', error)
  })
})

describe('createLightClient', () => {
  test('default: without onTrace the worker sends no note', async () => {
    const { address, root } = await serveState()
    const kinds = new Set<string>()
    const worker = () => {
      const created = createWorker()
      created.addEventListener('message', ({ data }) => kinds.add(data.kind))
      return created
    }
    const client = await createLightClient({ database: `trace-${names++}`, chainId: 1, peers: [address], worker })
    onTestFinished(() => client.close())
    await client.sync({ root }).done
    expect(kinds).toContain('event')
    expect(kinds).not.toContain('trace')
  })

  test('error: badArgument for a trace that is no function', async () => {
    const options = { database: 'never', chainId: 1, peers: [], onTrace: 'console' as never }
    await expect(createLightClient(options)).rejects.toMatchObject({ code: 'badArgument' })
  })
})
