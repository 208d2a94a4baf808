/**
 * Commands for tests in a browser: Node starts servers for them to dial. Vitest hands each call over, and the test
 * knows a server by a number. Servers left running end with the process.
 */
import { setMaxListeners } from 'node:events'
import type { Libp2p } from '@libp2p/interface'
import type { BrowserCommand } from 'vitest/node'
import { EVERYTHING, statusOf } from '../protocol/messages.ts'
import { nobleKeccak } from '../trie/keccak.ts'
import { type RawCounts, RawServer, type RawVice } from './hostile/raw-server.ts'
import { TappedProxy } from './hostile/tapped-proxy.ts'
import type { TextPlace } from './hostile/text-server.ts'
import { seededRandom } from './random.ts'

const rawServers: RawServer[] = []
const honestServers: { readonly node: Libp2p; readonly proxy: TappedProxy }[] = []

/** Starts a {@link RawServer}. */
const startRawServer: BrowserCommand<[RawVice]> = async (_, vice): Promise<{ id: number; port: number }> => {
  const server = await RawServer.start(vice)
  return { id: rawServers.push(server) - 1, port: server.port }
}

const rawServerCounts: BrowserCommand<[number]> = async (_, id): Promise<RawCounts> => rawServers[id]!.counts

const stopRawServer: BrowserCommand<[number]> = async (_, id): Promise<void> => rawServers[id]!.stop()

/**
 * Starts a libp2p server without any protocol of ours. Returns the address of a proxy before the server, for {@link
 * floodFrom}.
 */
const startHonestServer: BrowserCommand<[]> = async (): Promise<{ id: number; address: string }> => {
  const { createListeningNode } = await import('../network/libp2p/listening-node.ts')
  const node = await createListeningNode({ listen: ['/ip4/127.0.0.1/tcp/0/ws'] })
  const port = Number(node.getMultiaddrs()[0]!.getComponents()[1]!.value)
  const proxy = await TappedProxy.start(port)
  const id = honestServers.push({ node, proxy }) - 1
  return { id, address: `/ip4/127.0.0.1/tcp/${proxy.port}/ws/p2p/${node.peerId}` }
}

const openSocketsOf: BrowserCommand<[number]> = async (_, id): Promise<number> => honestServers[id]!.proxy.open

/** Replaces everything from the server by a message without an end, from now on. */
const floodFrom: BrowserCommand<[number]> = async (_, id): Promise<void> => honestServers[id]!.proxy.flood()

const stopHonestServer: BrowserCommand<[number]> = async (_, id): Promise<void> => {
  await honestServers[id]!.proxy.stop()
  await honestServers[id]!.node.stop()
}

const webRtcServers: { stop(): Promise<void> }[] = []

/** Starts a WebRTC-direct server saying a text at `place`, and returns its address. */
const startTextServer: BrowserCommand<[TextPlace, string]> = async (_, place, text) => {
  const { startTextServer } = await import('./hostile/text-server.ts')
  const { address, node } = await startTextServer(place, text)
  return { id: webRtcServers.push({ stop: async () => node.stop() }) - 1, address }
}

const startRelayForTabs: BrowserCommand<[]> = async () => {
  const { createListeningNode } = await import('../network/libp2p/listening-node.ts')
  const { DEFAULT_RELAY_LIMITS, relayOf } = await import('../network/finding/relay.ts')
  const relay = relayOf(DEFAULT_RELAY_LIMITS, setMaxListeners)
  const node = await createListeningNode({ listen: ['/ip4/127.0.0.1/tcp/0/ws'], relay })
  return { id: webRtcServers.push({ stop: async () => node.stop() }) - 1, address: String(node.getMultiaddrs()[0]) }
}

const stopWebRtcServer: BrowserCommand<[number]> = async (_, id): Promise<void> => webRtcServers[id]!.stop()

const stateServers: { stop(): Promise<void> }[] = []

/** Starts a server of one small state. */
const startStateServer: BrowserCommand<[]> = async () => {
  const [{ createListeningNode }, { serve }, { TrieSource }, { firstState }] = await Promise.all([
    import('../network/libp2p/listening-node.ts'),
    import('../network/peers/serve.ts'),
    import('./simulator/trie-source.ts'),
    import('./simulator/states.ts'),
  ])
  const state = firstState(seededRandom(1), 50, nobleKeccak)
  const source = new TrieSource()
  source.learn(state)
  const node = await createListeningNode({ listen: ['/ip4/127.0.0.1/tcp/0/ws'] })
  const status = statusOf(1, [{ root: state.root, blockNumber: 0, coverage: EVERYTHING }])
  await serve({ node, source, status })
  const id = stateServers.push({ stop: async () => node.stop() }) - 1
  return { id, address: String(node.getMultiaddrs()[0]), root: `0x${state.rootHex}` }
}

const stopStateServer: BrowserCommand<[number]> = async (_, id): Promise<void> => stateServers[id]!.stop()

export const browserCommands = {
  startStateServer,
  stopStateServer,
  startTextServer,
  startRelayForTabs,
  stopWebRtcServer,
  startRawServer,
  rawServerCounts,
  stopRawServer,
  startHonestServer,
  openSocketsOf,
  floodFrom,
  stopHonestServer,
}
