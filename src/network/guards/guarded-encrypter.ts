/**
 * A cipher with two additions: it remembers the connection below, and limits proposals. libp2p's encrypted connections
 * have no address, and go through one more negotiation.
 */
import type { ConnectionEncrypter, MessageStream } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { ConnectionError } from '../connection-error.ts'
import { YAMUX_PROTOCOL_ID } from '../constants.ts'
import { guardHandshake } from './guarded-negotiation.ts'

const addresses = new WeakMap<MessageStream, Multiaddr>()

/** Returns the remote address of an encrypted connection; undefined if the connection was not encrypted here. */
export function addressBelow(encrypted: MessageStream): Multiaddr | undefined {
  return addresses.get(encrypted)
}

/** Wraps `create`, which makes noise. */
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
