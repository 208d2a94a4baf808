/** A libp2p node as a caller making links. Connections over a relay only carry signalling, and are no links. */
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { PROTOCOL_ID } from '../../protocol/constants.ts'
import { ConnectionError } from '../connection-error.ts'
import { DialError } from '../dial-error.ts'
import { inboundGaters } from '../guards/connection-limits.ts'
import { hostOf } from '../guards/host-of.ts'
import type { Caller, Guest, Link } from '../link.ts'
import { hangUp } from './hang-up.ts'
import { StreamWire } from './stream-wire.ts'

/** The part of a libp2p node that dials. */
export interface DialingNode {
  dial(address: Multiaddr, options: { signal: AbortSignal }): Promise<Connection>
}

/** Returns a caller dialing with `node`. */
export function callerOf(node: DialingNode): Caller {
  return {
    async dial({ multiaddr }, signal) {
      const connection = await node.dial(multiaddr, { signal })
      if (connection.limits !== undefined) {
        await hangUp(connection)
        throw new DialError({ reason: 'dialFailed', banMs: 0, message: 'connected over the relay only' })
      }
      return linkOf(connection)
    },
  }
}

/** Wraps an incoming stream on `connection` of `node` for the code that serves it. */
export function guestOf(node: Libp2p, stream: Stream, connection: Connection): Guest {
  return {
    peerId: connection.remotePeer.toString(),
    host: hostOf(connection.remoteAddr),
    wire: new StreamWire(stream),
    isWebRtc: /\/webrtc/.test(connection.remoteAddr.toString()),
    hangUp() {
      // Includes the connection over the relay: only its address names the relay.
      const all = new Set([connection, ...node.getConnections(connection.remotePeer)])
      for (const each of all) {
        void hangUp(each)
        inboundGaters.get(node)?.strike(each.remoteAddr)
      }
    },
  }
}

function linkOf(connection: Connection): Link {
  return {
    peerId: connection.remotePeer.toString(),
    async open(signal) {
      const stream = await openStream(connection, signal)
      let reason: ConnectionError | undefined
      connection.addEventListener('close', ({ error }) => {
        if (error instanceof ConnectionError) reason = error
      })
      return new StreamWire(stream, () => reason)
    },
    hangUp: () => hangUp(connection),
  }
}

async function openStream(connection: Connection, signal: AbortSignal): Promise<Stream> {
  try {
    return await connection.newStream(PROTOCOL_ID, { signal })
  } catch (cause) {
    if (!(cause instanceof Error && cause.name === 'UnsupportedProtocolError')) throw cause
    const message = `does not speak ${PROTOCOL_ID}`
    throw new DialError({ reason: 'unsupportedProtocol', banMs: 0, message }, { cause })
  }
}
