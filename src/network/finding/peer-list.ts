/** The only message of `/rootlight/peers/1` as bytes: a list of signed peer records; SPEC.md, section 7. */
import { RLP } from '@ethereumjs/rlp'
import { malformed, violation } from '../../protocol/error.ts'
import { encodePrefix } from '../../protocol/frames.ts'
import { RlpView } from '../../protocol/rlp-view.ts'
import { MAX_PEER_RECORD_BYTES, MAX_TOLD_PEERS } from '../constants.ts'

/** Returns the frame of the message, with as many of the first `records` as fit. */
export function encodePeerList(records: readonly Uint8Array[]): Uint8Array[] {
  const fitting = records.filter(({ length }) => length <= MAX_PEER_RECORD_BYTES).slice(0, MAX_TOLD_PEERS)
  const body = RLP.encode(fitting)
  return [encodePrefix(body.length), body]
}

/** Decodes a frame without its prefix. The records are views of the frame, unchecked. Throws `ProtocolError`. */
export function decodePeerList(frame: Uint8Array): Uint8Array[] {
  const outer = new RlpView(frame)
  const list = outer.list()
  outer.finish()
  const records: Uint8Array[] = []
  while (!list.done) {
    if (records.length === MAX_TOLD_PEERS) throw violation('tooManyItems', 'more peers than may be told of')
    const record = list.string()
    if (record.length > MAX_PEER_RECORD_BYTES) throw malformed(`a record of ${record.length} bytes`)
    records.push(record)
  }
  return records
}
