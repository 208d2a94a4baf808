/** A WebRTC-direct server sending text on data channels, where only bytes are allowed. Needs the native module. */
import { noise } from '@chainsafe/libp2p-noise'
import type { Libp2p, Listener } from '@libp2p/interface'
import { webRTCDirect } from '@libp2p/webrtc'
import { createLibp2p, type Libp2pOptions } from 'libp2p'
import { installPromiseWithResolvers } from '../../network/libp2p/promise-with-resolvers.ts'

/**
 * Place of the text: the channel of the handshake, a stream opened by the client, or a channel opened by the server.
 */
export type TextPlace = 'handshake' | 'stream' | 'channel'

/** Protocol of the client's streams. */
const TEXT_PROTOCOL = '/text/1'

interface Inside extends Listener {
  readonly connections: Map<string, RTCPeerConnection>
}

/** Starts a server at an address for browsers of this machine to dial. The caller stops the node. */
export async function startTextServer(place: TextPlace, text: string): Promise<{ node: Libp2p; address: string }> {
  installPromiseWithResolvers()
  const peers: RTCPeerConnection[] = []
  const node = await createLibp2p({
    addresses: { listen: ['/ip4/0.0.0.0/udp/0/webrtc-direct'] },
    transports: [
      tapped((peer) => {
        peers.push(peer)
        if (place === 'handshake') sayAtHandshake(peer, text)
      }),
    ],
    connectionEncrypters: [noise()],
    connectionMonitor: { enabled: false },
  })
  await node.start()
  await node.handle(TEXT_PROTOCOL, (stream) => {
    if (place === 'stream') (stream as unknown as { channel: RTCDataChannel }).channel.send(text)
    if (place === 'channel') say(peers.at(-1)!.createDataChannel(''), text)
  })
  const addresses = node.getMultiaddrs().map(String)
  return { node, address: addresses.find((address) => !address.startsWith('/ip4/127.'))! }
}

function tapped(onPeer: (peer: RTCPeerConnection) => void): NonNullable<Libp2pOptions['transports']>[number] {
  return (components) => {
    const transport = webRTCDirect({ rtcConfiguration: { iceServers: [] } })(components)
    const createListener = transport.createListener.bind(transport)
    transport.createListener = (options) => {
      const listener = createListener(options) as Inside
      const set = listener.connections.set.bind(listener.connections)
      listener.connections.set = (key, peer) => {
        onPeer(peer)
        return set(key, peer)
      }
      return listener
    }
    return transport
  }
}

function sayAtHandshake(peer: RTCPeerConnection, text: string): void {
  const create = peer.createDataChannel.bind(peer)
  peer.createDataChannel = (...args) => {
    const channel = create(...args)
    say(channel, text)
    return channel
  }
}

function say(channel: RTCDataChannel, text: string): void {
  if (channel.readyState === 'open') channel.send(text)
  else channel.addEventListener('open', () => channel.send(text), { once: true })
}
