/** How many connections a server takes, in all, of one peer and of one host: before any of them costs a handshake, if possible. */
import type { Connection, ConnectionGater, MultiaddrConnection } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Clock } from '../protocol/clock.ts'
import { Gcra } from '../protocol/gcra.ts'
import { MAX_CONNECTIONS_PER_HOST, MAX_CONNECTIONS_PER_PEER, MAX_SERVER_CONNECTIONS } from './constants.ts'

export interface ConnectionLimits {
  /** Of all peers. */
  readonly connections: number
  /** Of one peer id. */
  readonly connectionsPerPeer: number
  /** Of one address; half of them may come at once, and a thirty-second part a second for longer. Behind a proxy all are one host. */
  readonly connectionsPerHost: number
}

export const DEFAULT_CONNECTION_LIMITS: ConnectionLimits = {
  connections: MAX_SERVER_CONNECTIONS,
  connectionsPerPeer: MAX_CONNECTIONS_PER_PEER,
  connectionsPerHost: MAX_CONNECTIONS_PER_HOST,
}

/** How many connections one host may make at once. */
export function burstPerHost({ connectionsPerHost }: ConnectionLimits): number {
  return Math.max(1, Math.floor(connectionsPerHost / 2))
}

type InboundGater = Required<Pick<ConnectionGater, 'denyInboundConnection' | 'denyInboundEncryptedConnection'>>

/** Denies what passes the limits of a peer or of a host. `connections` gives those that stand; libp2p counts those of all. */
export function inboundGater(
  limits: ConnectionLimits,
  connections: () => readonly Pick<Connection, 'remoteAddr' | 'remotePeer'>[],
  clock: Clock,
): InboundGater {
  const rate = { perSecond: Math.max(1, limits.connectionsPerHost / 32), burst: burstPerHost(limits) }
  const hosts = new Map<string, Gcra>()

  function denyHost({ remoteAddr }: MultiaddrConnection): boolean {
    const host = hostOf(remoteAddr)
    for (const [name, gcra] of hosts) if (gcra.isPaid) hosts.delete(name)
    const gcra = hosts.get(host) ?? new Gcra(rate, clock)
    hosts.set(host, gcra)
    if (gcra.waitMs(1) > 0) return true
    gcra.take(1)
    return connections().filter((other) => hostOf(other.remoteAddr) === host).length >= limits.connectionsPerHost
  }

  return {
    denyInboundConnection: denyHost,
    denyInboundEncryptedConnection: (peerId) =>
      connections().filter(({ remotePeer }) => remotePeer.equals(peerId)).length >= limits.connectionsPerPeer,
  }
}

/** An address, whatever the port; for a relayed connection the relay's. */
function hostOf(address: Multiaddr): string {
  return address.getComponents()[0]?.value ?? ''
}
