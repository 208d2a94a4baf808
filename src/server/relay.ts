/** A relay in one call: a listening libp2p node for connecting tabs to each other, without any state. */
import { setMaxListeners } from 'node:events'
import { DEFAULT_RELAY_LIMITS, type RelayLimits, relayOf } from '../network/finding/relay.ts'
import type { ConnectionLimits } from '../network/guards/connection-limits.ts'
import { createListeningNode } from '../network/libp2p/listening-node.ts'
import { checkRelayOptions } from './check-arguments.ts'
import { DEFAULT_LISTEN } from './server.ts'

/** The options of {@link startRelay}. */
export interface RelayOptions {
  /** Multiaddrs; {@link DEFAULT_LISTEN} if left out. */
  readonly listen?: readonly string[]
  /** {@link DEFAULT_RELAY_LIMITS} if left out. */
  readonly limits?: RelayLimits
  /** Limits of connections in place of the usual ones. */
  readonly connectionLimits?: Partial<ConnectionLimits>
  /** A key from `createPrivateKey`. Left out: a new identity. */
  readonly privateKey?: Uint8Array
}

/** A relay started by {@link startRelay}. */
export interface RunningRelay {
  readonly peerId: string
  /** The listening addresses, each with the peer id. */
  readonly multiaddrs: readonly string[]
  /** Ends all connections. May be called twice. */
  close(): Promise<void>
}

/** Starts a relay. Rejects with `InputError` `badArgument` or `badNumber`, or with `NetworkError` `badMultiaddr`, `badPrivateKey`, `badRelayLimit`, `addressInUse` or `listenFailed`. */
export async function startRelay(options: RelayOptions = {}): Promise<RunningRelay> {
  const given = checkRelayOptions(options)
  const { listen = [DEFAULT_LISTEN], limits = DEFAULT_RELAY_LIMITS, connectionLimits = {}, privateKey } = given
  const node = await createListeningNode({
    listen,
    relay: relayOf(limits, setMaxListeners),
    connectionLimits,
    ...(privateKey === undefined ? {} : { privateKey }),
  })
  return {
    peerId: node.peerId.toString(),
    multiaddrs: node.getMultiaddrs().map((address) => address.toString()),
    close: async () => node.stop(),
  }
}
