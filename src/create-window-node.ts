/**
 * What a client has in its window for WebRTC: a libp2p node, and the port by which a worker uses it. Nothing of it is loaded
 * by an application that does not ask for it.
 */
import type { Libp2p } from '@libp2p/interface'
import type { WindowWebRtcOptions } from './client-options.ts'
import type { WindowCaller } from './network/window/window-caller.ts'
import type { WindowNode } from './network/window/window-node.ts'
import { LazyPart } from './runtime/lazy-part.ts'

const windowNode = new LazyPart('WebRTC', () => import('./network/window/window-node.ts'))
const windowHost = new LazyPart('the way from the worker to WebRTC', () => import('./worker/window/window-host.ts'))

/** True if the application asks for WebRTC, in whatever way. */
export function wantsWebRtc({ peers, webrtc, libp2p, isServing }: WindowWebRtcOptions): boolean {
  if (webrtc !== undefined || libp2p !== undefined || isServing) return true
  return peers.some((address) => /\/webrtc(-direct)?(\/|$)/.test(address))
}

/** A node that nothing is loaded of before an engine starts it. Rejects with `badMultiaddr` or `loadFailed`. */
export async function createWindowNode(
  { peers, webrtc, libp2p, isServing }: WindowWebRtcOptions,
  onAddresses: () => void,
): Promise<WindowNode> {
  const { WindowNode } = await windowNode.load()
  return new WindowNode({
    peers,
    relays: webrtc?.relays ?? [],
    // libp2p's own default are servers of others, which the application has not named.
    rtcConfiguration: { iceServers: [], ...webrtc?.rtcConfiguration },
    isServing,
    node: (libp2p as Libp2p | undefined) ?? null,
    onAddresses,
  })
}

/** The port by which an engine in a worker uses `node`. Rejects with `loadFailed`. */
export async function portTo(node: WindowCaller): Promise<MessagePort> {
  const { hostWindow } = await windowHost.load()
  const { port1, port2 } = new MessageChannel()
  hostWindow(port1, node)
  return port2
}
