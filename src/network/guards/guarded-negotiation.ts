/**
 * Counts the protocols proposed to us before an agreement: for the cipher on a new connection, for the muxer behind the
 * cipher, and on each stream.
 */
import type { MessageStream } from '@libp2p/interface'
import type { Uint8ArrayList } from 'uint8arraylist'
import { ConnectionError } from '../connection-error.ts'
import { MAX_HANDSHAKE_PROPOSALS } from '../constants.ts'
import { ProposalMeter } from './proposal-meter.ts'

/** The common entry of bytes into libp2p's streams, and so the one place ahead of all listeners. */
interface Inside {
  onData(data: Uint8Array | Uint8ArrayList): void
}

export interface NegotiationGuard {
  readonly isSpoken: (protocol: string) => boolean
  /** Called for each proposal; false refuses the proposal. */
  readonly takes: () => boolean
  readonly onViolation: (error: ConnectionError) => void
}

/** Reads the bytes coming on `stream` until a protocol is agreed on. */
export function guardNegotiation(stream: MessageStream, { isSpoken, takes, onViolation }: NegotiationGuard): void {
  const inside = stream as unknown as Inside
  if (typeof inside.onData !== 'function') throw new Error('a stream of libp2p has no insides that can be guarded')
  const meter = new ProposalMeter(isSpoken, takes)
  const onData = inside.onData.bind(stream)
  inside.onData = (data) => {
    for (const chunk of data instanceof Uint8Array ? [data] : data) {
      if (meter.accepts(chunk)) continue
      onViolation(new ConnectionError('muxerViolation', 'too many protocols were proposed'))
      return
    }
    if (meter.isDone) inside.onData = onData
    onData(data)
  }
}

/** Does the same for the single agreement on one of `protocols`, before a connection is established. */
export function guardHandshake(stream: MessageStream, protocols: readonly string[]): void {
  let left = MAX_HANDSHAKE_PROPOSALS
  guardNegotiation(stream, {
    isSpoken: (protocol) => protocols.includes(protocol),
    takes: () => left-- > 0,
    onViolation: (error) => stream.abort(error),
  })
}
