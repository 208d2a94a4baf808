/**
 * The ceiling: as many bytes as the state has over one libp2p stream, unused at either end. The client asks for a
 * number of bytes in four bytes, big-endian, and the server sends as many.
 */
import type { Libp2p, Stream } from '@libp2p/interface'
import { StreamWire } from '../../src/network/libp2p/stream-wire.ts'
import type { Wire } from '../../src/protocol/wire.ts'

export const RAW_PROTOCOL = '/rootlight/bench/raw/1'
/** Requests as large and as many as those of a sync to a fast peer. */
const REQUEST_BYTES = 512 * 1024
const IN_FLIGHT = 4

/** Sends each client the requested number of bytes. */
export async function serveRaw(node: Libp2p): Promise<void> {
  const bytes = new Uint8Array(REQUEST_BYTES)
  for (let at = 0; at < bytes.length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536))
  await node.handle(RAW_PROTOCOL, (stream) => {
    const wire = new StreamWire(stream)
    wire.open({
      // A question is short: never cut in two.
      onChunk: (chunk) => {
        for (let at = 0; at < chunk.length; at += 4) void wire.send([bytes.subarray(0, lengthAt(chunk, at))])
      },
      onClose: () => {},
    })
  })
}

/** Resolves when `total` bytes have arrived. */
export function receiveRaw(stream: Stream, total: number): Promise<void> {
  const wire = new StreamWire(stream)
  let asked = 0
  let received = 0
  return new Promise((resolve, reject) => {
    wire.open({
      onChunk: (chunk) => {
        received += chunk.length
        ask()
        if (received < total) return
        wire.close()
        resolve()
      },
      onClose: (error) => reject(error ?? new Error('the stream ended early')),
    })
    function ask() {
      for (; asked < total && asked - received < IN_FLIGHT * REQUEST_BYTES; asked += REQUEST_BYTES) {
        askFor(wire, Math.min(REQUEST_BYTES, total - asked))
      }
    }
    ask()
  })
}

function askFor(wire: Wire, length: number): void {
  const question = new Uint8Array(4)
  new DataView(question.buffer).setUint32(0, length)
  void wire.send([question])
}

function lengthAt(chunk: Uint8Array, at: number): number {
  return new DataView(chunk.buffer, chunk.byteOffset).getUint32(at)
}
