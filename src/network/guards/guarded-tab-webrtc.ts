/**
 * Guards a window's WebRTC like a server's. A peer sending a text on a data channel, or too much below the protocol,
 * loses the connection with a {@link ConnectionError}. Browsers only.
 */
import type { MultiaddrConnection, StreamMuxerFactory, Transport, Upgrader } from '@libp2p/interface'
import type { Libp2pOptions } from 'libp2p'
import { type Clock, systemClock } from '../../runtime/clock.ts'
import type { ConnectionError } from '../connection-error.ts'
import {
  type Channel,
  channelViolation,
  guardedFactory,
  guardPeer,
  interceptCaptured,
  type Peer,
  withMembers,
} from './guarded-channels.ts'

/** @libp2p/webrtc's label of the first channel of a dial. */
const INIT_LABEL = 'init'

type CreateTransport = NonNullable<Libp2pOptions['transports']>[number]

/** A channel received before a muxer existed. */
interface Early {
  readonly channel: Channel
}
/** The insides of a WebRTC connection, and its muxer factory. */
interface Inside extends MultiaddrConnection {
  readonly peerConnection?: Peer
}
interface FactoryInside extends StreamMuxerFactory {
  readonly earlyDataChannels?: Early[]
}

/** A guarded connection. */
interface Guarded {
  readonly guardChannel: (channel: Channel) => Channel
  /** Undefined until libp2p has created a muxer. */
  end?: (error: ConnectionError) => void
}

export interface TabWebRtcGuard {
  /** True for WebRTC-direct: its handshake uses a data channel, too. */
  readonly isDirect?: boolean
  readonly clock?: Clock
}

/** Wraps `create`, which makes WebRTC or WebRTC-direct for a window. */
export function guardedTabWebRtc(
  create: CreateTransport,
  { isDirect = false, clock = systemClock }: TabWebRtcGuard = {},
): CreateTransport {
  return (components) => {
    const isSpoken = (protocol: string) => components.registrar.getProtocols().includes(protocol)
    const guards = new Guards({ clock, isSpoken, hasInitChannel: !isDirect })
    // An incoming connection is upgraded by the components' upgrader, an outgoing one by the dial's.
    const own = withMembers(components, {
      get upgrader() {
        return guards.watched(components.upgrader)
      },
    })
    const transport = create(own)
    const dial: Transport['dial'] = (address, options) =>
      transport.dial(address, {
        ...options,
        // WebRTC-direct reads this property in the same turn in which it makes the handshake's channel.
        get upgrader() {
          if (isDirect) onNextChannel((peer, channel) => void guards.of(peer).guardChannel(channel))
          return guards.watched(options.upgrader)
        },
      })
    return withMembers(transport, { dial })
  }
}

interface GuardsOptions {
  readonly clock: Clock
  readonly isSpoken: (protocol: string) => boolean
  /** True if a dial begins with a channel of its own, {@link INIT_LABEL}. */
  readonly hasInitChannel: boolean
}

class Guards {
  readonly #options: GuardsOptions
  readonly #guarded = new WeakMap<Peer, Guarded>()

  constructor(options: GuardsOptions) {
    this.#options = options
  }

  of(peer: Peer): Guarded {
    let guarded = this.#guarded.get(peer)
    if (guarded === undefined) {
      guarded = this.#guard(peer)
      this.#guarded.set(peer, guarded)
    }
    return guarded
  }

  /** Wraps `upgrader`: its connections are guarded, and their muxers count. */
  watched(upgrader: Upgrader): Upgrader {
    return withMembers(upgrader, {
      upgradeInbound: async (connection, options) => {
        const factory = this.#factory(connection, options.muxerFactory)
        if (this.#options.hasInitChannel) this.#leaveInit(connection as Inside, options.muxerFactory as FactoryInside)
        return upgrader.upgradeInbound(connection, { ...options, ...factory })
      },
      upgradeOutbound: async (connection, options) =>
        upgrader.upgradeOutbound(connection, { ...options, ...this.#factory(connection, options.muxerFactory) }),
    })
  }

  #factory(connection: MultiaddrConnection, factory: StreamMuxerFactory | undefined) {
    const peer = (connection as Inside).peerConnection
    const early = (factory as FactoryInside | undefined)?.earlyDataChannels
    if (peer === undefined || factory === undefined || early === undefined)
      throw new Error('a connection of @libp2p/webrtc has no insides that can be guarded')
    const guarded = this.of(peer)
    for (const { channel } of early) guarded.guardChannel(channel)
    const onMuxer = (end: (error: ConnectionError) => void) => {
      guarded.end = end
    }
    return { muxerFactory: guardedFactory(factory, connection, { ...this.#options, onMuxer }) }
  }

  /**
   * Hides the first `init` channel of an incoming dial from libp2p. The dialer opens this channel, closes it when
   * connected, and waits for both events. libp2p's muxer closes the channel as well. If the dialed tab is quicker, the
   * dialer misses the events, and the dial hangs until the timeout.
   */
  #leaveInit({ peerConnection: peer }: Inside, { earlyDataChannels: early }: FactoryInside): void {
    if (peer === undefined || early === undefined) return
    const at = early.findIndex(isInit)
    if (at !== -1) {
      early.splice(at, 1)
      return
    }
    // Only the first: libp2p still closes the others. Otherwise a peer could leave any number open.
    const hide = (event: Event & Early) => {
      if (!isInit(event)) return
      peer.removeEventListener('datachannel', hide, { capture: true })
      this.of(peer).guardChannel(event.channel)
      event.stopImmediatePropagation()
    }
    peer.addEventListener('datachannel', hide, { capture: true })
  }

  #guard(peer: Peer): Guarded {
    const onViolation = (channel: Channel) => {
      const end = this.#guarded.get(peer)?.end
      if (end !== undefined) return end(channelViolation())
      peer.close()
      // A browser fires no event for a channel closed here. The handshake would wait until its timeout.
      channel.dispatchEvent(new Event('close'))
    }
    return { guardChannel: guardPeer(peer, { intercept: interceptCaptured, clock: this.#options.clock, onViolation }) }
  }
}

function isInit({ channel }: Early): boolean {
  return channel.label === INIT_LABEL
}

/**
 * Calls `found` with the next new channel, if made within this turn. WebRTC-direct keeps the peer connection to itself
 * until the handshake is over, and reads its first channel meanwhile.
 */
function onNextChannel(found: (peer: Peer, channel: Channel) => void): void {
  const prototype = globalThis.RTCPeerConnection.prototype as unknown as Peer
  const before = Object.getOwnPropertyDescriptor(prototype, 'createDataChannel')
  const create = prototype.createDataChannel
  let isHere = true
  const restore = () => {
    if (!isHere) return
    isHere = false
    if (before === undefined) Reflect.deleteProperty(prototype, 'createDataChannel')
    else Object.defineProperty(prototype, 'createDataChannel', before)
  }
  const createOnce = function (this: Peer, ...args: unknown[]): Channel {
    restore()
    const channel = create.apply(this, args)
    found(this, channel)
    return channel
  }
  Object.defineProperty(prototype, 'createDataChannel', { value: createOnce, configurable: true, writable: true })
  queueMicrotask(restore)
}
