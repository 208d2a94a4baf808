/** A relay in one call: a listening libp2p node for connecting tabs to each other, without any state. */

import { setMaxListeners } from 'node:events'
import { DEFAULT_RELAY_LIMITS, relayOf } from '../network/finding/relay.ts'
import { createListeningNode } from '../network/libp2p/listening-node.ts'
import { createTrace } from '../runtime/trace.ts'
import { tellTo } from '../runtime/trace-text.ts'
import { checkRelayOptions } from './check-arguments.ts'
import { DEFAULT_LISTEN, type RelayOptions } from './options.ts'

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
  const { listen = [DEFAULT_LISTEN], limits = DEFAULT_RELAY_LIMITS, connectionLimits = {}, privateKey, onTrace } = given
  const node = await createListeningNode({
    listen,
    relay: relayOf(limits, setMaxListeners),
    connectionLimits,
    trace: onTrace === undefined ? null : createTrace(tellTo(onTrace)),
    ...(privateKey === undefined ? {} : { privateKey }),
  })
  return {
    peerId: node.peerId.toString(),
    multiaddrs: node.getMultiaddrs().map((address) => address.toString()),
    close: async () => node.stop(),
  }
}
