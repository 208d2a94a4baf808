/**
 * What the data channels of a WebRTC connection are guarded with, on a server and in a window. libp2p takes for bytes whatever
 * comes on them: a text would be the length of an array, of as many gigabytes as its digits say, or an error that nobody catches.
 */
import type { MultiaddrConnection, StreamMuxerFactory } from '@libp2p/interface'
import type { Clock } from '../../runtime/clock.ts'
import { ConnectionError } from '../connection-error.ts'
import { guardStreams } from './guarded-muxer.ts'
import { MessageMeter } from './message-meter.ts'

/** The part of an `RTCDataChannel` that is used here. */
export interface Channel extends EventTarget {
  readonly label: string
  dispatchEvent(event: Event): boolean
}

type ChannelListener = (event: Event & { readonly channel: Channel }) => void

/** Of an `RTCPeerConnection`. */
export interface Peer {
  createDataChannel(...args: unknown[]): Channel
  addEventListener(type: 'datachannel', listener: ChannelListener, options?: EventListenerOptions): void
  removeEventListener(type: 'datachannel', listener: ChannelListener, options?: EventListenerOptions): void
  close(): void
}

/** Has each message of `channel` asked for first; one that is not accepted is never heard of. */
export type Intercept = (channel: Channel, accepts: (data: unknown) => boolean) => void

/** Where channels are of the native module of Node: each event goes through their own `dispatchEvent`. */
export const interceptDispatched: Intercept = (channel, accepts) => {
  const dispatchEvent = channel.dispatchEvent.bind(channel)
  channel.dispatchEvent = (event) =>
    event.type === 'message' && !accepts((event as MessageEvent).data) ? true : dispatchEvent(event)
}

/** Where they are the browser's: who captures is heard before everybody else on the same target. */
export const interceptCaptured: Intercept = (channel, accepts) => {
  const listen = (event: Event) => {
    if (!accepts((event as MessageEvent).data)) event.stopImmediatePropagation()
  }
  channel.addEventListener('message', listen, { capture: true })
}

export interface PeerGuard {
  readonly intercept: Intercept
  readonly clock: Clock
  /** A text has come on `channel`, or too many messages on all of them. */
  readonly onViolation: (channel: Channel) => void
}

/** Guards the channels that `peer` will have. Returns what guards one that it has. */
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
  /** Whether the host of the connection may have one more stream opened on it. Left out: as many as the connection may. */
  readonly opens?: (() => boolean) | undefined
  /** Told how the connection is ended for a violation, once it has a muxer. */
  readonly onMuxer?: (end: (error: ConnectionError) => void) => void
}

/** `factory`, whose muxers count the streams of the other side, and what is proposed on them. */
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
        // Its streams first: they tell their owners why.
        muxer.abort(error)
        connection.abort(error)
      }
      guardStreams(muxer, { ...guard, end })
      guard.onMuxer?.(end)
      return muxer
    },
  }
}

/** What a connection is ended for whose channels are not used as they have to be. */
export function channelViolation(): ConnectionError {
  return new ConnectionError('muxerViolation', 'a text on a data channel, or too many messages')
}

/** `object` with some of its members in place of its own; its methods are called on itself. */
export function withMembers<T extends object>(object: T, members: Partial<T>): T {
  return new Proxy(object, {
    get(target, name) {
      if (Object.hasOwn(members, name)) return Reflect.get(members, name)
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
