/** The limits following from others. Raising one limit alone would change nothing where a second one is as low. */
import { MAX_STREAMS_PER_CONNECTION } from '../network/constants.ts'
import { type ConnectionLimits, DEFAULT_CONNECTION_LIMITS } from '../network/guards/connection-limits.ts'
import { DEFAULT_SERVING_LIMITS, type ServingLimits } from '../protocol/serving-limits.ts'

interface Limits {
  readonly limits: Partial<ServingLimits>
  readonly connectionLimits: Partial<ConnectionLimits>
}

/**
 * Returns the limits with the ones following from them; given limits stay. Streams follow from connections, in all and
 * of one host. A host's share of the memory and of the pending connections is its share of the connections, and never
 * below the share by default: behind a proxy, all peers have one host.
 */
export function dependentLimits({ limits, connectionLimits }: Limits): Limits {
  const { connections, connectionsPerHost } = connectionLimits
  const isHostGiven = connectionsPerHost !== undefined
  const share = isHostGiven ? shareOf({ ...DEFAULT_CONNECTION_LIMITS, ...connectionLimits }) : DEFAULT_SHARE
  const { heldBytes = DEFAULT_SERVING_LIMITS.heldBytes } = limits
  const { pendingConnections = DEFAULT_CONNECTION_LIMITS.pendingConnections } = connectionLimits
  return {
    limits: {
      ...(connections === undefined ? {} : { streams: MAX_STREAMS_PER_CONNECTION * connections }),
      ...(isHostGiven ? { streamsPerHost: MAX_STREAMS_PER_CONNECTION * connectionsPerHost } : {}),
      heldBytesPerHost: partOf(heldBytes, share),
      ...limits,
    },
    connectionLimits: { pendingConnectionsPerHost: partOf(pendingConnections, share), ...connectionLimits },
  }
}

/** The share of one host in the connections, 0 to 1. */
function shareOf({ connections, connectionsPerHost }: ConnectionLimits): number {
  return Math.min(1, Math.max(DEFAULT_SHARE, connectionsPerHost / connections))
}

const DEFAULT_SHARE = DEFAULT_CONNECTION_LIMITS.connectionsPerHost / DEFAULT_CONNECTION_LIMITS.connections

function partOf(total: number, share: number): number {
  return Math.max(1, Math.floor(total * share))
}
