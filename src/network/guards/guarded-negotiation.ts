/**
 * Counts what is proposed to us before a protocol is agreed on: for the cipher on a connection that has just come in, for the
 * muxer behind it, and on each stream.
 */
import type { MessageStream } from '@libp2p/interface'
import type { Uint8ArrayList } from 'uint8arraylist'
import { ConnectionError } from '../connection-error.ts'
import { MAX_HANDSHAKE_PROPOSALS } from '../constants.ts'
import { ProposalMeter } from './proposal-meter.ts'

/** Where all streams of libp2p get their bytes from, and the one place that sees them whoever listens. */
interface Inside {
  onData(data: Uint8Array | Uint8ArrayList): void
}

export interface NegotiationGuard {
  readonly isSpoken: (protocol: string) => boolean
  /** Asked for each proposal. */
  readonly takes: () => boolean
  readonly onViolation: (error: ConnectionError) => void
}

/** Looks at what comes on `stream` until a protocol has been agreed on. */
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

/** The same where one of `protocols` is agreed on, once, before there is a connection. */
export function guardHandshake(stream: MessageStream, protocols: readonly string[]): void {
  let left = MAX_HANDSHAKE_PROPOSALS
  guardNegotiation(stream, {
    isSpoken: (protocol) => protocols.includes(protocol),
    takes: () => left-- > 0,
    onViolation: (error) => stream.abort(error),
  })
}
