/**
 * The WebRTC side of a client in the window: a libp2p node, and the port for a worker's use of the node. An application
 * without WebRTC loads none of this code.
 */
import type { Libp2p } from '@libp2p/interface'
import type { WindowWebRtcOptions } from './client-options.ts'
import type { WindowCaller } from './network/window/window-caller.ts'
import type { WindowNode } from './network/window/window-node.ts'
import { LazyPart } from './runtime/lazy-part.ts'

const windowNode = new LazyPart('WebRTC', () => import('./network/window/window-node.ts'))
const windowHost = new LazyPart('the way from the worker to WebRTC', () => import('./worker/window/window-host.ts'))

/** True if an option of the application needs WebRTC. */
export function wantsWebRtc({ peers, webrtc, libp2p, isServing }: WindowWebRtcOptions): boolean {
  if (webrtc !== undefined || libp2p !== undefined || isServing) return true
  return peers.some((address) => /\/webrtc(-direct)?(\/|$)/.test(address))
}

/**
 * Creates a node. Loads nothing of libp2p before an engine starts the node. Rejects with `badMultiaddr` or
 * `loadFailed`.
 */
export async function createWindowNode(
  { peers, webrtc, libp2p, isServing }: WindowWebRtcOptions,
  onAddresses: () => void,
): Promise<WindowNode> {
  const { WindowNode } = await windowNode.load()
  return new WindowNode({
    peers,
    relays: webrtc?.relays ?? [],
    // The default of libp2p would be third-party servers not named by the application.
    rtcConfiguration: { iceServers: [], ...webrtc?.rtcConfiguration },
    isServing,
    node: (libp2p as Libp2p | undefined) ?? null,
    onAddresses,
  })
}

/** Returns the port for an engine in a worker to use `node`. Rejects with `loadFailed`. */
export async function portTo(node: WindowCaller): Promise<MessagePort> {
  const { hostWindow } = await windowHost.load()
  const { port1, port2 } = new MessageChannel()
  hostWindow(port1, node)
  return port2
}
