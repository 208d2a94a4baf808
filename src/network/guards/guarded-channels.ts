/**
 * Guards the data channels of a WebRTC connection, on a server and in a window. libp2p takes every message for bytes. A
 * text would become the length of an array, up to gigabytes, or an uncaught error.
 */
import type { MultiaddrConnection, StreamMuxerFactory } from '@libp2p/interface'
import type { Clock } from '../../runtime/clock.ts'
import { ConnectionError } from '../connection-error.ts'
import { guardStreams } from './guarded-muxer.ts'
import { MessageMeter } from './message-meter.ts'

/** The used part of an `RTCDataChannel`. */
export interface Channel extends EventTarget {
  readonly label: string
  dispatchEvent(event: Event): boolean
}

type ChannelListener = (event: Event & { readonly channel: Channel }) => void

/** The used part of an `RTCPeerConnection`. */
export interface Peer {
  createDataChannel(...args: unknown[]): Channel
  addEventListener(type: 'datachannel', listener: ChannelListener, options?: EventListenerOptions): void
  removeEventListener(type: 'datachannel', listener: ChannelListener, options?: EventListenerOptions): void
  close(): void
}

/** Calls `accepts` for each message of `channel`, and hides a refused message from all other listeners. */
export type Intercept = (channel: Channel, accepts: (data: unknown) => boolean) => void

/** Intercepts for the channels of Node's native module: each event goes through their own `dispatchEvent`. */
export const interceptDispatched: Intercept = (channel, accepts) => {
  const dispatchEvent = channel.dispatchEvent.bind(channel)
  channel.dispatchEvent = (event) =>
    event.type === 'message' && !accepts((event as MessageEvent).data) ? true : dispatchEvent(event)
}

/** Intercepts for a browser's channels: a capturing listener runs before all others on the same target. */
export const interceptCaptured: Intercept = (channel, accepts) => {
  const listen = (event: Event) => {
    if (!accepts((event as MessageEvent).data)) event.stopImmediatePropagation()
  }
  channel.addEventListener('message', listen, { capture: true })
}

export interface PeerGuard {
  readonly intercept: Intercept
  readonly clock: Clock
  /** Called when a text came on `channel`, or too many messages came on all channels. */
  readonly onViolation: (channel: Channel) => void
}

/** Guards all future channels of `peer`. Returns a function to guard an existing channel. */
export function guardPeer(peer: Peer, { intercept, clock, onViolation }: PeerGuard): (channel: Channel) => Channel {
  const meter = new MessageMeter(clock)
  const guarded = new WeakSet<Channel>()
  const guardChannel = (channel: Channel): Channel => {
    if (guarded.has(channel)) return channel
    guarded.add(channel)
    intercept(channel, (data) => {
      if (data instanceof ArrayBuffer && meter.acceptsMessage()) return true
      onViolation(channel)
      return false
    })
    return channel
  }
  const createDataChannel = peer.createDataChannel.bind(peer)
  peer.createDataChannel = (...args) => guardChannel(createDataChannel(...args))
  peer.addEventListener('datachannel', ({ channel }) => void guardChannel(channel))
  return guardChannel
}

export interface FactoryGuard {
  readonly clock: Clock
  readonly isSpoken: (protocol: string) => boolean
  /**
   * Returns true if the connection's host may open one more stream. Left out: only the connection's own limit counts.
   */
  readonly opens?: (() => boolean) | undefined
  /** Called with a function to end the connection after a violation, once the connection has a muxer. */
  readonly onMuxer?: (end: (error: ConnectionError) => void) => void
}

/** Wraps `factory`: its muxers count the streams opened by the other side, and the protocols proposed on them. */
export function guardedFactory(
  factory: StreamMuxerFactory,
  connection: MultiaddrConnection,
  guard: FactoryGuard,
): StreamMuxerFactory {
  return {
    protocol: factory.protocol,
    createStreamMuxer(stream) {
      const muxer = factory.createStreamMuxer(stream)
      const end = (error: ConnectionError) => {
        // Streams first: they pass the reason on to their owners.
        muxer.abort(error)
        connection.abort(error)
      }
      guardStreams(muxer, { ...guard, end })
      guard.onMuxer?.(end)
      return muxer
    },
  }
}

/** Returns the error for a connection with misused channels. */
export function channelViolation(): ConnectionError {
  return new ConnectionError('muxerViolation', 'a text on a data channel, or too many messages')
}

/** Returns `object` with some members replaced. Methods run on the original object. */
export function withMembers<T extends object>(object: T, members: Partial<T>): T {
  return new Proxy(object, {
    get(target, name) {
      if (Object.hasOwn(members, name)) return Reflect.get(members, name)
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
