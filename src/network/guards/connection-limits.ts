/**
 * How many connections a server, or a tab that serves, takes in all, of one peer and of one host: before any of them costs
 * a handshake, if possible.
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

/** Of connections that stand. */
export interface StandingLimits {
  /** Of all peers. */
  readonly connections: number
  /** Of one peer id. */
  readonly connectionsPerPeer: number
  /**
   * Of one IPv4 address, or one IPv6 network of 64 bits; half of them may come at once, and a thirty-second part a second for
   * longer. Behind a proxy all are one host.
   */
  readonly connectionsPerHost: number
}

/** Of connections that stand, and of those that are only about to be made. */
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

/** How many connections one host may make at once. */
export function burstPerHost({ connectionsPerHost }: StandingLimits): number {
  return Math.max(1, Math.floor(connectionsPerHost / 2))
}

/** How many places at a relay the peers of one host may have: half as many as connections. Whoever is behind a proxy allows more of both. */
export function reservationsPerHost({ connectionsPerHost }: StandingLimits): number {
  return Math.max(1, Math.floor(connectionsPerHost / 2))
}

type Standing = Pick<Connection, 'remoteAddr' | 'remotePeer'>

/** A gater that denies what passes the limits of a peer or of a host; libp2p itself counts the connections of all. */
export class InboundGater implements ConnectionGater {
  readonly limits: StandingLimits
  /** A relay's, see `relay-guard.ts`. */
  denyInboundRelayReservation?: (peerId: PeerId) => boolean
  readonly #connections: () => readonly Standing[]
  /** What hosts have taken. */
  readonly #hosts: RateAccounts
  readonly #asked: 'connections' | 'sockets'

  /**
   * `connections` gives those that stand. `asked`: whether its node's transports ask {@link admits} for each socket, before
   * libp2p asks for the connection that became of it.
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
    // The one place that sees them all, whatever the transport, before anything is said on them.
    guardHandshake(connection, [NOISE_PROTOCOL_ID])
    return this.#asked === 'connections' && !this.admits(hostOf(connection.remoteAddr))
  }

  /** Whether one more of `host` may come in; it is counted then. */
  admits = (host: string): boolean => {
    if (!this.#hosts.of(host).accepts(1)) return false
    return this.#count((other) => hostOf(other.remoteAddr) === host) < this.limits.connectionsPerHost
  }

  denyInboundEncryptedConnection = (peerId: PeerId): boolean =>
    this.#count(({ remotePeer }) => remotePeer.equals(peerId)) >= this.limits.connectionsPerPeer

  /** A peer at `address` broke the protocol: its next connections wait as if it had made {@link STRIKE_CONNECTIONS} more. */
  strike(address: Multiaddr): void {
    this.strikeHost(hostOf(address))
  }

  /** The same for whoever is at `host`. */
  strikeHost(host: string): void {
    this.#hosts.of(host).take(STRIKE_CONNECTIONS)
  }

  #count(isMeant: (connection: Standing) => boolean): number {
    return this.#connections().filter(isMeant).length
  }
}

/** The gaters of nodes that have one: whoever serves on a node knows the node alone. */
export const inboundGaters = new WeakMap<Libp2p, InboundGater>()
