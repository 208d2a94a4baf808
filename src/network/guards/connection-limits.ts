/**
 * Limits the connections of a server, or of a serving tab: in all, by peer and by host. Denies a connection before its
 * handshake, if possible.
 */
import type { Connection, ConnectionGater, Libp2p, MultiaddrConnection, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Clock } from '../../runtime/clock.ts'
import {
  HANDSHAKE_MS,
  MAX_CONNECTIONS_PER_HOST,
  MAX_CONNECTIONS_PER_PEER,
  MAX_PENDING_CONNECTIONS,
  MAX_PENDING_CONNECTIONS_PER_HOST,
  MAX_SERVER_CONNECTIONS,
  NOISE_PROTOCOL_ID,
  REQUEST_MS,
  STRIKE_CONNECTIONS,
} from '../constants.ts'
import { guardHandshake } from './guarded-negotiation.ts'
import { hostOf } from './host-of.ts'
import type { PendingLimits } from './pending-sockets.ts'
import { RateAccounts } from './rate-accounts.ts'

/** Limits of established connections. */
export interface StandingLimits {
  /** The limit for all peers together. */
  readonly connections: number
  /** The limit for one peer id. */
  readonly connectionsPerPeer: number
  /**
   * The limit for one IPv4 address, or one IPv6 network of 64 bits. Half of the number may come at once; later, a
   * thirty-second part per second. Behind a proxy, all clients are one host.
   */
  readonly connectionsPerHost: number
}

/** Limits of established and of pending connections. */
export interface ConnectionLimits extends StandingLimits, PendingLimits {}

/** The limits of a server without options. */
export const DEFAULT_CONNECTION_LIMITS: ConnectionLimits = {
  connections: MAX_SERVER_CONNECTIONS,
  connectionsPerPeer: MAX_CONNECTIONS_PER_PEER,
  connectionsPerHost: MAX_CONNECTIONS_PER_HOST,
  pendingConnections: MAX_PENDING_CONNECTIONS,
  pendingConnectionsPerHost: MAX_PENDING_CONNECTIONS_PER_HOST,
  handshakeMs: HANDSHAKE_MS,
  requestMs: REQUEST_MS,
}

/** Returns the number of connections one host may make at once. */
export function burstPerHost({ connectionsPerHost }: StandingLimits): number {
  return Math.max(1, Math.floor(connectionsPerHost / 2))
}

/**
 * Returns the number of reservations at a relay for all peers of one host: half the number of connections. Behind a
 * proxy, both limits should be raised.
 */
export function reservationsPerHost({ connectionsPerHost }: StandingLimits): number {
  return Math.max(1, Math.floor(connectionsPerHost / 2))
}

type Standing = Pick<Connection, 'remoteAddr' | 'remotePeer'>

/** A gater with limits by peer and by host. libp2p itself counts the connections of all. */
export class InboundGater implements ConnectionGater {
  readonly limits: StandingLimits
  /** Set on relays; see `relay-guard.ts`. */
  denyInboundRelayReservation?: (peerId: PeerId) => boolean
  readonly #connections: () => readonly Standing[]
  /** Connections made by each host. */
  readonly #hosts: RateAccounts
  readonly #asked: 'connections' | 'sockets'

  /**
   * `connections` returns the established connections. `asked` tells whether the node's transports call {@link admits}
   * for each socket, before libp2p asks for the resulting connection.
   */
  constructor(
    limits: StandingLimits,
    connections: () => readonly Standing[],
    clock: Clock,
    asked: 'connections' | 'sockets' = 'connections',
  ) {
    this.#asked = asked
    this.limits = limits
    this.#connections = connections
    const perSecond = Math.max(1, limits.connectionsPerHost / 32)
    this.#hosts = new RateAccounts({ perSecond, burst: burstPerHost(limits) }, clock)
  }

  denyInboundConnection = (connection: MultiaddrConnection): boolean => {
    // The one place reached by every connection of every transport, before any byte is exchanged.
    guardHandshake(connection, [NOISE_PROTOCOL_ID])
    return this.#asked === 'connections' && !this.admits(hostOf(connection.remoteAddr))
  }

  /** Returns true if one more connection of `host` may come in, and counts the connection. */
  admits = (host: string): boolean => {
    if (!this.#hosts.of(host).accepts(1)) return false
    return this.#count((other) => hostOf(other.remoteAddr) === host) < this.limits.connectionsPerHost
  }

  denyInboundEncryptedConnection = (peerId: PeerId): boolean =>
    this.#count(({ remotePeer }) => remotePeer.equals(peerId)) >= this.limits.connectionsPerPeer

  /**
   * Punishes a violation by a peer at `address`: the next connections wait as if the host had made {@link
   * STRIKE_CONNECTIONS} more.
   */
  strike(address: Multiaddr): void {
    this.strikeHost(hostOf(address))
  }

  /** Does the same as {@link strike} for `host`. */
  strikeHost(host: string): void {
    this.#hosts.of(host).take(STRIKE_CONNECTIONS)
  }

  #count(isMeant: (connection: Standing) => boolean): number {
    return this.#connections().filter(isMeant).length
  }
}

/** The gaters by node. Code serving on a node knows only the node. */
export const inboundGaters = new WeakMap<Libp2p, InboundGater>()
