/**
 * Attacks of a hostile peer on a responder, each made once and bounded. An attack begins with its own connection. Its
 * result waits for the end of the streams, or of the whole connection.
 */
import { concatBytes } from '@noble/hashes/utils.js'
import type { Random } from '../random.ts'
import { ended, type HostileClient, openStream, send } from './hostile-client.ts'
import {
  framed,
  getHeader,
  getNodes,
  line,
  MAX_HASHES,
  MAX_MESSAGE_BYTES,
  MAX_OPEN_REQUESTS,
  MAX_REFS,
  MAX_RESPONSE_BYTES,
  nodes,
  prefix,
  repeated,
  STATUS,
  yamuxHeader,
} from './wire-bytes.ts'

/** Flags of a yamux frame. */
const SYN = 1
const RST = 8

export interface Target {
  readonly address: string
  /** Root of a state served by the target. */
  readonly root: Uint8Array
  readonly random: Random
}

/** Resolves when the attack was made. `end` resolves when the other side has ended the streams or the connection. */
export type Attack = (client: HostileClient, target: Target) => Promise<{ end: Promise<unknown> }>

/** Returns an attack sending a Status and these bytes on one stream. */
function saying(bytes: (target: Target) => Uint8Array | Iterable<Uint8Array>): Attack {
  return async (client, target) => {
    const connection = await client.dial(target.address)
    const said = bytes(target)
    const stream = await openStream(connection, STATUS, ...(said instanceof Uint8Array ? [said] : said))
    return { end: ended(stream) }
  }
}

/** Returns an attack sending `bytes` below the streams. */
function flooding(bytes: Uint8Array, times: number): Attack {
  return async (client, { address }) => {
    await client.dial(address)
    const { below } = client
    for (let i = 0; i < times && below.status === 'open'; i++) below.send(bytes)
    return { end: ended(below) }
  }
}

/** Attacks forbidden in SPEC.md: the target must reset the stream at once, and disconnect the peer. */
export const VIOLATIONS = {
  'a frame that is too long': [
    'frameTooLarge',
    saying(() => concatBytes(prefix(MAX_MESSAGE_BYTES + 1), new Uint8Array(100_000))),
  ],
  'a frame as long as can be said': ['frameTooLarge', saying(() => Uint8Array.of(0xff, 0xff, 0xff, 0x7f))],
  'a length without end': ['malformedMessage', saying(() => new Uint8Array(10_000).fill(0xff))],
  'more refs than there may be': ['tooManyItems', saying(({ root }) => getNodes(1, root, 1000, MAX_REFS + 1))],
  'more hashes than there may be': ['tooManyItems', saying(({ root }) => getHeader(1, root, 1000, MAX_HASHES + 1))],
  'as many refs as fill a frame': ['tooManyItems', saying(({ root }) => getNodes(1, root, 1000, 7_000))],
  'a thousand requests at once': [
    'tooManyOpenRequests',
    saying(({ root }) => Array.from({ length: 1000 }, (_, i) => getNodes(i + 1, root, MAX_RESPONSE_BYTES))),
  ],
  'one id again and again': [
    'duplicateRequest',
    saying(({ root }) => repeated(getNodes(1, root, MAX_RESPONSE_BYTES), 16)),
  ],
  'Statuses without end': ['tooManyStatuses', saying(() => repeated(STATUS, 5_000))],
  'an answer that nobody asked for': ['unexpectedMessage', saying(() => nodes(1))],
  'lists within lists': ['malformedMessage', saying(() => framed(nested(5_000)))],
  garbage: ['malformedMessage', saying(({ random }) => concatBytes(prefix(5_000), random.bytes(50_000)))],
} as const satisfies Record<string, readonly [code: string, Attack]>

/** Attacks called slow or too much in SPEC.md: the target must reset the streams after a time, without blame. */
export const BURDENS = {
  'streams without a Status': [
    'noStatus',
    async (client, { address }) => {
      const connection = await client.dial(address)
      return { end: Promise.all([ended(await openStream(connection)), ended(await openStream(connection))]) }
    },
  ],
  'messages that never end': ['slowMessage', saying(() => concatBytes(prefix(MAX_MESSAGE_BYTES), new Uint8Array(100)))],
  'answers that nobody reads': [
    'slowReader',
    async (client, { address, root }) => {
      const stream = await openStream(await client.dial(address), STATUS)
      stream.pause()
      for (let id = 1; id <= MAX_OPEN_REQUESTS; id++) send(stream, getNodes(id, root, MAX_RESPONSE_BYTES))
      return { end: ended(stream) }
    },
  ],
} as const satisfies Record<string, readonly [code: string, Attack]>

/** Returns an attack opening a stream, under a number unused by the client's own streams, and flooding this stream. */
function onStream(bytes: (stream: number) => Uint8Array, times: number): Attack {
  const STREAM = 99_999
  return flooding(concatBytes(yamuxHeader(1, SYN, STREAM, 0), bytes(STREAM)), times)
}

/** Returns one data frame of yamux. */
function data(stream: number, bytes: Uint8Array): Uint8Array {
  return concatBytes(yamuxHeader(0, 0, stream, bytes.length), bytes)
}

/** The usual first line of multistream-select, then many proposals of an unknown protocol. */
const PROPOSALS = concatBytes(line('/multistream/1.0.0'), repeated(line('a'), 20_000))

/** Attacks below the protocol: the target must end the connection. */
export const FLOODS = {
  'a frame of yamux of a gigabyte': flooding(concatBytes(yamuxHeader(0, 1, 101, 2 ** 30), new Uint8Array(2 ** 20)), 64),
  'pings without end': flooding(repeated(yamuxHeader(2, SYN, 0, 7), 5_000), 64),
  'streams without end': flooding(
    concatBytes(...Array.from({ length: 5_000 }, (_, i) => yamuxHeader(1, SYN, 101 + 2 * i, 0))),
    1,
  ),
  'window updates without end': onStream((stream) => repeated(yamuxHeader(1, 0, stream, 1), 5_000), 64),
  'frames of nothing without end': onStream((stream) => repeated(yamuxHeader(0, 0, stream, 0), 5_000), 64),
  'resets of streams that there are not': flooding(repeated(yamuxHeader(1, RST, 77_777, 0), 5_000), 64),
  'goings away without end': flooding(repeated(yamuxHeader(3, 0, 0, 0), 5_000), 64),
  'frames of a type that there is not': flooding(repeated(yamuxHeader(9, 0, 0, 0), 5_000), 64),
  'protocols that nobody speaks, on a stream': onStream((stream) => data(stream, PROPOSALS), 64),
} as const satisfies Record<string, Attack>

/** Returns lists nested `depth` deep, without any other content. */
function nested(depth: number): Uint8Array {
  let lengths = 0
  const headers: Uint8Array[] = []
  for (let i = 0; i < depth; i++) {
    const bytes = lengths < 56 ? [0xc0 + lengths] : [0xf9, lengths >> 8, lengths & 0xff]
    if (lengths >= 56 && lengths < 256) bytes.splice(0, 3, 0xf8, lengths)
    headers.push(Uint8Array.from(bytes))
    lengths += bytes.length
  }
  return concatBytes(...headers.reverse())
}
