/**
 * A cipher that tells what it is on, and behind which no more is proposed than may be: libp2p's connections come out of it
 * without their addresses, and are negotiated about once more.
 */
import type { ConnectionEncrypter, MessageStream } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { ConnectionError } from '../connection-error.ts'
import { YAMUX_PROTOCOL_ID } from '../constants.ts'
import { guardHandshake } from './guarded-negotiation.ts'

const addresses = new WeakMap<MessageStream, Multiaddr>()

/** Where the other end of an encrypted connection is; undefined if it was not made here. */
export function addressBelow(encrypted: MessageStream): Multiaddr | undefined {
  return addresses.get(encrypted)
}

/** `create`, which makes noise, guarded. */
export function guardedEncrypter<Components>(
  create: (components: Components) => ConnectionEncrypter,
): (components: Components) => ConnectionEncrypter {
  return (components) => {
    const encrypter = create(components)
    const secureInbound: ConnectionEncrypter['secureInbound'] = async (connection, options) => {
      const secured = await encrypter.secureInbound(connection, options)
      watch(secured.connection, connection)
      if (secured.streamMuxer === undefined) guardHandshake(secured.connection, [YAMUX_PROTOCOL_ID])
      return secured
    }
    const secureOutbound: ConnectionEncrypter['secureOutbound'] = async (connection, options) => {
      const secured = await encrypter.secureOutbound(connection, options)
      watch(secured.connection, connection)
      return secured
    }
    return new Proxy(encrypter, {
      get(target, name) {
        if (name === 'secureInbound') return secureInbound
        if (name === 'secureOutbound') return secureOutbound
        return Reflect.get(target, name, target)
      },
    })
  }
}

function watch(encrypted: MessageStream, below: MessageStream): void {
  const { remoteAddr } = below as { remoteAddr?: Multiaddr }
  if (remoteAddr !== undefined) addresses.set(encrypted, remoteAddr)
  const inside = encrypted as unknown as { decrypt(chunk: unknown): unknown }
  if (typeof inside.decrypt !== 'function') throw new Error('noise has no insides that can be guarded')
  const decrypt = inside.decrypt.bind(encrypted)
  inside.decrypt = (chunk) => {
    try {
      return decrypt(chunk)
    } catch (cause) {
      throw new ConnectionError('muxerViolation', 'bytes that were not encrypted for us', { cause })
    }
  }
}
