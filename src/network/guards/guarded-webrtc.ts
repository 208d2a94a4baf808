/**
 * Guards a server's WebRTC-direct like its WebSockets. Node only. For libp2p one packet of a stranger is enough to
 * create a native peer connection, and every message is bytes. Here each host has a share of pending connections, a
 * text ends the sender's connection, and streams are counted like yamux's.
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
  /** Returns true if one more connection of `host` may begin. */
  readonly admits: (host: string) => boolean
  /** Called when a peer at `host` broke a rule, or when we had to abort a connection from there. */
  readonly onAbort: (host: string) => void
  /** The streams each host may open. */
  readonly streams?: StreamShares
  readonly clock?: Clock
}

/** The private insides of a WebRTC-direct listener. */
interface Inside extends Listener {
  /** Keys: host, port and the name in the first packet. */
  readonly connections: Map<string, Peer>
  incomingConnection(ufrag: string, host: string, port: number, signal: AbortSignal): Promise<void>
}

/** Wraps `create`, which makes WebRTC-direct. */
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
  /** Pending connections, by the same keys. For a moment they are not among the connections. */
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
    // libp2p notices the end by itself, after its own timeout.
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

/** Wraps `upgrader`: the muxers of its connections count. */
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
