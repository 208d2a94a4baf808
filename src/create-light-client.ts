/**
 * The beginning of a client: what a page loads before it asks for one. The rest of the window's code is loaded beside the engine,
 * which takes longer to load and to open; nobody waits for it, and a client that was created has all of it.
 */
import type { LightClient } from './client.ts'
import { createWorker, type LightClientOptions, type ParsedOptions, parseOptions } from './client-options.ts'
import { createWindowNode, portTo, wantsWebRtc } from './create-window-node.ts'
import { EngineEvents } from './engine-events.ts'
import type { WindowNode } from './network/window/window-node.ts'
import { LazyPart } from './runtime/lazy-part.ts'
import type { Engine } from './worker/engine.ts'
import { createRemoteEngine } from './worker/port/remote-engine.ts'

const clientPart = new LazyPart('the client', () => import('./client.ts'))
const tabEngine = new LazyPart('the engine', () => import('./worker/tabs/create-tab-engine.ts'))

/**
 * Opens the database and, if one is given, the worker; dials nobody before the first sync, or the first read that misses something. Rejects with a coded error:
 * `badArgument`, `badMultiaddr`, `badNumber`, `workerDied`, `loadFailed` (a part of the code could not be loaded: another
 * call tries again), or one of the store's (`databaseOfOtherChain`, `databaseFailed`, `databaseBlocked`, `databaseSilent`,
 * `databaseTooNew`, `damagedMeta`, `quotaExceeded`), or `noWriter`: the browser does not say whether another tab writes.
 */
export async function createLightClient(options: LightClientOptions): Promise<LightClient> {
  const parsed = parseOptions(options)
  const events = new EngineEvents()
  const opening = open(parsed, events)
  const loading = clientPart.load()
  loading.catch(() => {}) // heard below, unless the engine has failed
  const { engine, windowNode } = await opening
  try {
    const { LightClient } = await loading
    const client = new LightClient({ engine, events: events.target, chainId: parsed.engine.chainId, windowNode })
    events.flow()
    return client
  } catch (error) {
    await engine.close()
    throw error
  }
}

interface Opened {
  readonly engine: Engine
  readonly windowNode: WindowNode | null
}

async function open({ engine: options, webrtc, worker }: ParsedOptions, events: EngineEvents): Promise<Opened> {
  const onAddresses = () => events.target.dispatchEvent(new Event('addresses'))
  const windowNode = wantsWebRtc(webrtc) ? await createWindowNode(webrtc, onAddresses) : null
  if (worker !== undefined) {
    const window = windowNode && { port: await portTo(windowNode), stop: () => windowNode.stop() }
    return { engine: await createRemoteEngine(createWorker(worker), options, events.emit, { window }), windowNode }
  }
  // Lazily: a page that has given its engine a worker does not load it a second time.
  const { createTabEngine } = await tabEngine.load()
  return { engine: await createTabEngine(options, events.emit, windowNode), windowNode }
}
