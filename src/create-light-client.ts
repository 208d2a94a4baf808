/**
 * Creates clients, as the first code loaded by a page. The rest of the window's code loads beside the engine, which
 * takes longer to load and to open. So the rest costs no waiting, and a created client has all code.
 */
import type { LightClient } from './client.ts'
import { createWorker, type LightClientOptions, type ParsedOptions, parseOptions } from './client-options.ts'
import { createWindowNode, portTo, wantsWebRtc } from './create-window-node.ts'
import { EngineEvents } from './engine-events.ts'
import type { WindowNode } from './network/window/window-node.ts'
import { LazyPart } from './runtime/lazy-part.ts'
import { createTrace } from './runtime/trace.ts'
import type { Engine } from './worker/engine.ts'
import { createRemoteEngine } from './worker/port/remote-engine.ts'

const clientPart = new LazyPart('the client', () => import('./client.ts'))
const traceText = new LazyPart('the words of the trace', () => import('./runtime/trace-text.ts'))
const tabEngine = new LazyPart('the engine', () => import('./worker/tabs/create-tab-engine.ts'))

/**
 * Creates a light client. Opens the database and, if given, the worker. Dials no peer before the first sync, or the
 * first read with missing data.
 *
 * Rejects with a coded error: `badArgument`, `badMultiaddr`, `badNumber`, `workerDied`, `loadFailed` (a part of the
 * code did not load: another call tries again), or `noWriter` (the browser does not tell whether another tab writes).
 * Also rejects with the errors of the store: `databaseOfOtherChain`, `databaseFailed`, `databaseBlocked`,
 * `databaseSilent`, `databaseTooNew`, `damagedMeta`, `quotaExceeded`.
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

async function open(
  { engine: options, webrtc, worker, onTrace }: ParsedOptions,
  events: EngineEvents,
): Promise<Opened> {
  const note = onTrace === undefined ? undefined : (await traceText.load()).tellTo(onTrace)
  const onAddresses = () => events.target.dispatchEvent(new Event('addresses'))
  const windowNode = wantsWebRtc(webrtc) ? await createWindowNode(webrtc, onAddresses) : null
  if (worker !== undefined) {
    const window = windowNode && { port: await portTo(windowNode), stop: () => windowNode.stop() }
    const settings = note === undefined ? { window } : { window, onTrace: note }
    return { engine: await createRemoteEngine(createWorker(worker), options, events.emit, settings), windowNode }
  }
  // Loaded lazily: a page with a worker does not load the engine a second time.
  const { createTabEngine } = await tabEngine.load()
  const trace = note === undefined ? null : createTrace(note)
  return { engine: await createTabEngine(options, events.emit, windowNode, trace), windowNode }
}
