/**
 * WebRTC-direct for servers: browsers dial it without a relay, and without the domain and certificate needed by `wss`.
 * Node only. Needs the optional package `@libp2p/webrtc`, whose native module does not exist for every machine.
 */
import type { Libp2pOptions } from 'libp2p'
import { MAX_WEBRTC_BUFFERED_BYTES } from '../constants.ts'
import { NetworkError } from '../error.ts'

type Transports = NonNullable<Libp2pOptions['transports']>

/** Returns true for a listening address of WebRTC-direct. */
export function isWebRtcDirect(listen: string): boolean {
  return listen.endsWith('/webrtc-direct')
}

/** Returns the transport for a node. Rejects with {@link NetworkError} `webrtcUnavailable`. */
export async function loadWebRtcDirect(): Promise<Transports> {
  try {
    const { webRTCDirect } = await import('@libp2p/webrtc')
    return [
      webRTCDirect({
        rtcConfiguration: { iceServers: [] },
        dataChannel: { maxBufferedAmount: MAX_WEBRTC_BUFFERED_BYTES },
      }),
    ]
  } catch (cause) {
    const message = 'WebRTC takes the package @libp2p/webrtc, and the native module of node-datachannel'
    throw new NetworkError('webrtcUnavailable', message, { cause })
  }
}
