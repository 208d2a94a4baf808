/** A server in one call: a listening libp2p node serving states, and a relay if wanted. */
import { setMaxListeners } from 'node:events'
import { type RelayLimits, relayOf } from '../network/finding/relay.ts'
import type { ConnectionLimits } from '../network/guards/connection-limits.ts'
import { createListeningNode } from '../network/libp2p/listening-node.ts'
import { type ServeCounters, serve } from '../network/peers/serve.ts'
import { EVERYTHING, type Status, statusOf } from '../protocol/messages.ts'
import type { ServingLimits } from '../protocol/serving-limits.ts'
import type { NodeSource } from '../trie/node-source.ts'
import { checkServerOptions } from './check-arguments.ts'
import { guardDamage } from './damage-guard.ts'
import { HeaderSource } from './header-source.ts'
import { multiSource } from './multi-source.ts'
import { observedSource, type Served } from './observed-source.ts'
import { throttledSource } from './throttled-source.ts'

/** A WebSocket on this machine, on any free port. */
export const DEFAULT_LISTEN = '/ip4/127.0.0.1/tcp/0/ws'

/** A complete state. `root` is 32 bytes. */
export interface ServedState {
  readonly root: Uint8Array
  readonly source: NodeSource
  readonly blockNumber?: number
}

/** The options of {@link startServer}. */
export interface ServerOptions {
  /** The states, the newest first. Only the first 128 are announced; clients do not ask for the others. */
  readonly sources: readonly ServedState[]
  /** Further block headers (RLP) to answer for, beside the headers of the states. */
  readonly headers?: readonly Uint8Array[]
  /** Multiaddrs; {@link DEFAULT_LISTEN} if left out. */
  readonly listen?: readonly string[]
  /** 0, or left out: of no particular chain. */
  readonly chainId?: number
  /** A key from `createPrivateKey`. Left out: a new identity. */
  readonly privateKey?: Uint8Array
  /** Limits on a peer's cost in place of the usual ones. */
  readonly limits?: Partial<ServingLimits>
  /** Limits of connections in place of the usual ones. */
  readonly connectionLimits?: Partial<ConnectionLimits>
  /** Makes the server a relay for tabs as well, with these limits. */
  readonly relay?: RelayLimits
  /** Called if WebRTC is not available; the server then starts without. Left out: the server does not start. */
  readonly onWebRtcUnavailable?: (error: Error) => void
  /** Limits the bytes of all answers together, to imitate a slow peer. */
  readonly throttleBytesPerSecond?: number
  /** Called for each answer before sending. */
  readonly onServed?: (served: Served) => void
  /**
   * Called when a read of `state` has met damage (`damagedState`). The state is no longer served, and every peer has
   * been told. The other states are still served.
   */
  readonly onDamage?: (error: unknown, state: ServedState) => void
  /** Called when a source failed; the asking peer is disconnected. */
  readonly onFailure?: (error: unknown) => void
}

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
  const { listen = [DEFAULT_LISTEN], privateKey, relay, onWebRtcUnavailable, onFailure } = options
  const { limits = {}, connectionLimits = {} } = options
  const node = await createListeningNode({
    listen,
    connectionLimits,
    ...(privateKey === undefined ? {} : { privateKey }),
    ...(relay === undefined ? {} : { relay: relayOf(relay, setMaxListeners) }),
    ...(onWebRtcUnavailable === undefined ? {} : { onWebRtcUnavailable }),
  })
  let states = options.sources
  const withdraw = (error: unknown, damaged: ServedState) => {
    states = states.filter((state) => state !== damaged)
    serving.setStatus(statusFor(options, states))
    options.onDamage?.(error, originals.get(damaged) as ServedState)
  }
  const serving = await serve({
    node,
    source: sourceOf(options, withdraw),
    limits,
    status: statusFor(options, states),
    ...(onFailure === undefined ? {} : { onFailure }),
  }).catch(async (error: unknown) => {
    await node.stop()
    throw error
  })
  return {
    peerId: node.peerId.toString(),
    multiaddrs: node.getMultiaddrs().map((address) => address.toString()),
    get roots() {
      return states.map(({ root }) => root)
    },
    stats: () => serving.counters(),
    async close() {
      await serving.stop()
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
