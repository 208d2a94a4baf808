/**
 * WebRTC-direct that a server listens with, guarded as its WebSockets are. Node only. A packet of a stranger's is enough for
 * libp2p to begin a native peer connection, and what comes on a data channel is taken for bytes: here hosts have shares of what
 * has only begun, a text ends the connection of whoever sent it, and streams are counted as yamux's are.
 */
import type { Listener, Transport, Upgrader } from '@libp2p/interface'
import type { Libp2pOptions } from 'libp2p'
import { type Clock, systemClock } from '../../runtime/clock.ts'
import { ConnectionError } from '../connection-error.ts'
import { guardedFactory, guardPeer, interceptDispatched, type Peer, withMembers } from './guarded-channels.ts'
import { hostOf, hostOfIp } from './host-of.ts'
import { type PendingLimits, PendingSockets } from './pending-sockets.ts'
import type { StreamShares } from './stream-shares.ts'

type CreateTransport = NonNullable<Libp2pOptions['transports']>[number]
type Components = Parameters<CreateTransport>[0]

export interface WebRtcGuard extends PendingLimits {
  /** Whether one more connection of `host` may begin. */
  readonly admits: (host: string) => boolean
  /** Whoever is at `host` has broken a rule, or a connection from there had to be ended in a hurry. */
  readonly onAbort: (host: string) => void
  /** What each host may open of streams. */
  readonly streams?: StreamShares
  readonly clock?: Clock
}

/** What a listener of WebRTC-direct has inside, and keeps to itself. */
interface Inside extends Listener {
  /** By host, port and the name that the packet gave. */
  readonly connections: Map<string, Peer>
  incomingConnection(ufrag: string, host: string, port: number, signal: AbortSignal): Promise<void>
}

/** `create`, which makes WebRTC-direct, guarded. */
export function guardedWebRtc(create: CreateTransport, guard: WebRtcGuard): CreateTransport {
  return (components) => {
    const transport = create(components)
    const createListener: Transport['createListener'] = (options) => {
      const upgrader = watched(options.upgrader, components, guard)
      return guardListener(transport.createListener({ ...options, upgrader }), guard)
    }
    return withMembers(transport, { createListener })
  }
}

function guardListener(listener: Listener, guard: WebRtcGuard): Listener {
  const inside = listener as Inside
  if (typeof inside.incomingConnection !== 'function' || !(inside.connections instanceof Map))
    throw new Error('the listener of @libp2p/webrtc has no insides that can be guarded')
  const { clock = systemClock, admits, onAbort } = guard
  const pending = new PendingSockets(guard, clock)
  /** That have begun, by the same key as the connections, of which they are none for a moment. */
  const begun = new Set<string>()
  const begin = inside.incomingConnection.bind(listener)
  const setConnection = inside.connections.set.bind(inside.connections)
  inside.connections.set = (key, peer) => {
    const host = hostOfIp(key.split(':').slice(0, -2).join(':'))
    const onViolation = () => {
      onAbort(host)
      peer.close()
    }
    guardPeer(peer, { intercept: interceptDispatched, clock, onViolation })
    return setConnection(key, peer)
  }
  inside.incomingConnection = async (ufrag, ip, port, signal) => {
    const key = `${ip}:${port}:${ufrag}`
    if (begun.has(key) || inside.connections.has(key) || !admits(hostOfIp(ip))) return
    // What then becomes of it, libp2p finds out by itself, at the end of its own time for it.
    const place = { destroy: () => inside.connections.get(key)?.close() }
    begun.add(key)
    pending.add(place, hostOfIp(ip))
    pending.asked(place)
    try {
      await begin(ufrag, ip, port, signal)
    } finally {
      begun.delete(key)
      pending.delete(place)
    }
  }
  return listener
}

/** `upgrader`, whose connections get a muxer that counts. */
function watched(upgrader: Upgrader, components: Components, guard: WebRtcGuard): Upgrader {
  const { clock = systemClock, onAbort, streams } = guard
  const isSpoken = (protocol: string) => components.registrar.getProtocols().includes(protocol)
  const upgradeInbound: Upgrader['upgradeInbound'] = async (connection, options) => {
    connection.addEventListener('close', ({ error }) => {
      if (error instanceof ConnectionError) onAbort(hostOf(connection.remoteAddr))
    })
    const { muxerFactory } = options
    if (muxerFactory === undefined) return upgrader.upgradeInbound(connection, options)
    return upgrader.upgradeInbound(connection, {
      ...options,
      muxerFactory: guardedFactory(muxerFactory, connection, {
        clock,
        isSpoken,
        opens: streams?.of(hostOf(connection.remoteAddr)),
      }),
    })
  }
  return withMembers(upgrader, { upgradeInbound })
}
