/** WebSocket frames as bytes, valid and invalid: https://www.rfc-editor.org/rfc/rfc6455#section-5 */
import { concatBytes } from '@noble/hashes/utils.js'

const CONTINUATION = 0x0
const TEXT = 0x1
const BINARY = 0x2
const CLOSE = 0x8
const PING = 0x9
const FIN = 0x80
const MASK = 0x80

interface FrameOptions {
  readonly fin?: boolean
  readonly reserved?: number
  readonly masked?: boolean
  /** A false length for the header. If absent: the true length. */
  readonly says?: number
}

/** Returns a client's frame: masked with a zero key, unless `masked` is false. */
export function webSocketFrame(opcode: number, payload: Uint8Array, options: FrameOptions = {}): Uint8Array {
  const { fin = true, reserved = 0, masked = true, says = payload.length } = options
  const first = (fin ? FIN : 0) | (reserved << 4) | opcode
  const mask = masked ? MASK : 0
  const header = new Uint8Array(says < 126 ? 2 : says < 65_536 ? 4 : 10)
  const view = new DataView(header.buffer)
  header[0] = first
  header[1] = mask | (says < 126 ? says : says < 65_536 ? 126 : 127)
  if (header.length === 4) view.setUint16(2, says)
  if (header.length === 10) view.setBigUint64(2, BigInt(says))
  return concatBytes(header, new Uint8Array(masked ? 4 : 0), payload)
}

/** Returns a binary message. */
export function message(payload: Uint8Array): Uint8Array {
  return webSocketFrame(BINARY, payload)
}

const some = (length: number) => new Uint8Array(length).fill(0x41)
const BAD_UTF8 = Uint8Array.of(0xc3, 0x28)

/** Frames for which a server must fail the connection, by the RFC or by our limits. */
export const INVALID_FRAMES: Readonly<Record<string, Uint8Array>> = {
  'not masked': Uint8Array.of(0x82, 0x01, 0x41),
  'the first reserved bit': webSocketFrame(BINARY, some(1), { reserved: 4 }),
  'the second reserved bit': webSocketFrame(BINARY, some(1), { reserved: 2 }),
  'the third reserved bit': webSocketFrame(BINARY, some(1), { reserved: 1 }),
  'a reserved opcode of data': webSocketFrame(0x3, some(1)),
  'a reserved opcode of control': webSocketFrame(0xb, some(1)),
  'a continuation of nothing': webSocketFrame(CONTINUATION, some(1)),
  'a message within a message': concatBytes(
    webSocketFrame(BINARY, some(1), { fin: false }),
    webSocketFrame(BINARY, some(1)),
  ),
  'a ping in fragments': webSocketFrame(PING, some(1), { fin: false }),
  'a ping that is too long': webSocketFrame(PING, some(126)),
  'a message that is too long': webSocketFrame(BINARY, some(1000), { says: 2 ** 21 }),
  'a length that is no safe integer': webSocketFrame(BINARY, some(1000), { says: 2 ** 53 }),
  'fragments that are too long together': concatBytes(
    webSocketFrame(BINARY, some(600_000), { fin: false }),
    webSocketFrame(CONTINUATION, some(600_000), { fin: false }),
  ),
  'too many fragments': concatBytes(
    webSocketFrame(BINARY, some(1), { fin: false }),
    ...new Array<Uint8Array>(20_000).fill(webSocketFrame(CONTINUATION, some(1), { fin: false })),
  ),
  'a text that is not UTF-8': webSocketFrame(TEXT, BAD_UTF8),
  'a close code that nobody may send': webSocketFrame(CLOSE, Uint8Array.of(0x03, 0xed)),
  'half a close code': webSocketFrame(CLOSE, some(1)),
  'a close reason that is not UTF-8': webSocketFrame(CLOSE, concatBytes(Uint8Array.of(0x03, 0xe8), BAD_UTF8)),
}
