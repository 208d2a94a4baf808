/** A server in one call: a listening libp2p node serving states, and a relay if wanted. */

import { setMaxListeners } from 'node:events'
import { relayOf } from '../network/finding/relay.ts'
import { createListeningNode } from '../network/libp2p/listening-node.ts'
import { type ServeCounters, type Serving, serve } from '../network/peers/serve.ts'
import { EVERYTHING, type Status, statusOf } from '../protocol/messages.ts'
import { createTrace } from '../runtime/trace.ts'
import { tellTo } from '../runtime/trace-text.ts'
import type { NodeSource } from '../trie/node-source.ts'
import { checkServerOptions } from './check-arguments.ts'
import { guardDamage } from './damage-guard.ts'
import { dependentLimits } from './dependent-limits.ts'
import { HeaderSource } from './header-source.ts'
import { multiSource } from './multi-source.ts'
import { observedSource } from './observed-source.ts'
import { DEFAULT_LISTEN, type ServedState, type ServerOptions } from './options.ts'
import { throttledSource } from './throttled-source.ts'

/** A server started by {@link startServer}. */
export interface RunningServer {
  readonly peerId: string
  /** The listening addresses, each with the peer id. */
  readonly multiaddrs: readonly string[]
  /** The roots of the states served now. */
  readonly roots: readonly Uint8Array[]
  /** Returns the counts of answers and bytes since the start. */
  stats(): ServeCounters
  /** Ends all connections. The sources stay open. May be called twice. */
  close(): Promise<void>
}

/**
 * Starts to serve. Rejects with `InputError` `badArgument` or `badNumber`, or with `NetworkError` `badMultiaddr`,
 * `badPrivateKey`, `badRelayLimit`, `webrtcUnavailable`, `addressInUse` or `listenFailed`; nothing listens then.
 */
export async function startServer(given: ServerOptions): Promise<RunningServer> {
  const { given: options, originals } = checkServerOptions(given)
  const { listen = [DEFAULT_LISTEN], privateKey, relay, onWebRtcUnavailable, onFailure, onTrace } = options
  const { limits, connectionLimits } = dependentLimits({ limits: {}, connectionLimits: {}, ...options })
  const trace = onTrace === undefined ? null : createTrace(tellTo(onTrace))
  const node = await createListeningNode({
    listen,
    trace,
    connectionLimits,
    ...(privateKey === undefined ? {} : { privateKey }),
    ...(relay === undefined ? {} : { relay: relayOf(relay, setMaxListeners) }),
    ...(onWebRtcUnavailable === undefined ? {} : { onWebRtcUnavailable }),
  })
  let states = options.sources
  let serving: Serving | undefined
  const withdraw = (error: unknown, damaged: ServedState) => {
    states = states.filter((state) => state !== damaged)
    serving?.setStatus(statusFor(options, states))
    options.onDamage?.(error, originals.get(damaged) as ServedState)
  }
  const served = await serve({
    node,
    source: sourceOf(options, withdraw),
    limits,
    trace,
    status: statusFor(options, states),
    ...(onFailure === undefined ? {} : { onFailure }),
  }).catch(async (error: unknown) => {
    await node.stop()
    throw error
  })
  serving = served
  // A peer may have met damage before: the node listens already.
  if (states.length < options.sources.length) served.setStatus(statusFor(options, states))
  return {
    peerId: node.peerId.toString(),
    multiaddrs: node.getMultiaddrs().map((address) => address.toString()),
    get roots() {
      return states.map(({ root }) => root)
    },
    stats: () => served.counters(),
    async close() {
      await served.stop()
      await node.stop()
    },
  }
}

function statusFor({ chainId = 0 }: ServerOptions, states: readonly ServedState[]): Status {
  return statusOf(
    chainId,
    states.map(({ root, blockNumber = 0 }) => ({ root, blockNumber, coverage: EVERYTHING })),
  )
}

function sourceOf(
  { sources, headers = [], throttleBytesPerSecond, onServed }: ServerOptions,
  withdraw: (error: unknown, state: ServedState) => void,
): NodeSource {
  const guarded = sources.map((state) => guardDamage(state.source, (error) => withdraw(error, state)))
  let source = multiSource([...guarded, new HeaderSource(headers)])
  if (throttleBytesPerSecond !== undefined) source = throttledSource(source, throttleBytesPerSecond)
  return onServed === undefined ? source : observedSource(source, onServed)
}
