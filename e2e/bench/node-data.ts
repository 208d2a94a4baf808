/**
 * The straight port's wire: eth/63's GetNodeData and NodeData, one request on a libp2p stream of its own. Both messages
 * are RLP lists with a length prefix. A request is a list of hashes. The answer holds the blobs in the same order, with
 * an empty string for a missing one.
 */
import type { Stream } from '@libp2p/interface'
import { type LengthPrefixedStream, lpStream } from '@libp2p/utils'

export const NODE_DATA_PROTOCOL = '/rootlight-bench/nodedata/1'
/** The most hashes in a request of geth. */
export const MAX_HASHES_PER_REQUEST = 384
/** A batch of requests in flight is far below this. */
export const MAX_NODE_DATA_STREAMS = 256

/** 384 codes of 24 KiB are 9.4 MB. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024

/** The framed reader and writer of one request. */
export function framed(stream: Stream): LengthPrefixedStream<Stream> {
  return lpStream(stream, { maxDataLength: MAX_MESSAGE_BYTES, maxBufferSize: 2 * MAX_MESSAGE_BYTES })
}
