/**
 * The most expensive requests allowed in SPEC.md. The client sends as many at a time as allowed, and the next one after
 * each answer. These requests are no offence, and must not make other clients wait.
 */
import type { Stream } from '@libp2p/interface'
import type { Attack, Target } from './attacks.ts'
import { ended, openStream, send } from './hostile-client.ts'
import {
  frame,
  type Item,
  MAX_HASHES,
  MAX_OPEN_REQUESTS,
  MAX_REFS,
  MAX_RESPONSE_BYTES,
  messageCounter,
  STATUS,
} from './wire-bytes.ts'

/** Streams of one connection. */
const STREAMS = 2
/** Requests made once, and sent again and again under other ids, to save time in the hostile client. */
const VARIANTS = 8

/** Makes the message code of a request, and the items behind the id. */
type Dear = (target: Target) => { readonly code: number; readonly rest: Item[] }

/** Returns an attack sending these requests on all streams of a connection, without end. */
function asking(dear: Dear): Attack {
  return async (client, target) => {
    const connection = await client.dial(target.address)
    const requests = Array.from({ length: VARIANTS }, () => dear(target))
    const streams: Stream[] = []
    for (let i = 0; i < STREAMS; i++) streams.push(await openStream(connection, STATUS))
    for (const stream of streams) askOn(stream, requests)
    return { end: Promise.all(streams.map(ended)) }
  }
}

function askOn(stream: Stream, requests: readonly ReturnType<Dear>[]): void {
  // All ids have two bytes: a frame is made once, and each new id overwrites the last.
  const frames = requests.map(({ code, rest }) => frame(code, LEAST_ID, ...rest))
  let id = LEAST_ID
  const ask = () => {
    const bytes = frames[id % frames.length]!.slice()
    const at = idAt(bytes)
    bytes[at] = id >> 8
    bytes[at + 1] = id & 0xff
    id = id === MOST_ID ? LEAST_ID : id + 1
    send(stream, bytes)
  }
  // The first message is the other side's Status.
  const onMessages = messageCounter((index) => index > 0 && ask())
  stream.addEventListener('message', ({ data }) => onMessages(data.subarray()))
  for (let i = 0; i < MAX_OPEN_REQUESTS; i++) ask()
}

const LEAST_ID = 0x0100
const MOST_ID = 0xffff

/**
 * Returns the offset of the id's two bytes: behind the frame's length, the list's header, the code, and the id's own
 * header.
 */
function idAt(bytes: Uint8Array): number {
  let at = 0
  while (bytes[at]! >= 0x80) at++
  const header = bytes[++at]!
  return at + (header > 0xf7 ? header - 0xf7 : 0) + 3
}

const ROOT_PATH = Uint8Array.of(0)

/** Returns a random path of `nibbles` nibbles (an even number). The target cannot know that no node is there. */
function anyPath({ random }: Target, nibbles: number): Uint8Array {
  const path = random.bytes(1 + nibbles / 2)
  path[0] = 0
  return path
}

export const DEAR_REQUESTS = {
  'as many refs as may be, of nodes that nobody has': asking((target) => ({
    code: 1,
    rest: [
      target.root,
      MAX_RESPONSE_BYTES,
      Array.from({ length: MAX_REFS }, () => [anyPath(target, 6), target.root, 1]),
    ],
  })),
  'as many refs as may be, of the longest paths': asking((target) => ({
    code: 1,
    rest: [
      target.root,
      MAX_RESPONSE_BYTES,
      Array.from({ length: MAX_REFS }, () => [anyPath(target, 128), target.root, 1]),
    ],
  })),
  'as many ways as may be': asking((target) => ({
    code: 3,
    rest: [
      target.root,
      MAX_RESPONSE_BYTES,
      Array.from({ length: MAX_REFS }, () => [ROOT_PATH, target.root, target.random.bytes(32)]),
    ],
  })),
  'as many of the longest ways': asking((target) => ({
    code: 3,
    rest: [
      target.root,
      MAX_RESPONSE_BYTES,
      Array.from({ length: MAX_REFS }, () => [ROOT_PATH, target.root, target.random.bytes(64)]),
    ],
  })),
  'as many codes as may be, that nobody has': asking(({ random }) => ({
    code: 5,
    rest: [MAX_RESPONSE_BYTES, Array.from({ length: MAX_HASHES }, () => random.bytes(32))],
  })),
  'as many headers as may be': asking(({ random }) => ({
    code: 7,
    rest: [MAX_RESPONSE_BYTES, Array.from({ length: MAX_HASHES }, () => random.bytes(32))],
  })),
  'the smallest budgets': asking(({ root }) => ({ code: 1, rest: [root, 1, [[ROOT_PATH, root, 0]]] })),
  'the largest answers': asking(({ root }) => ({ code: 1, rest: [root, MAX_RESPONSE_BYTES, [[ROOT_PATH, root, 0]]] })),
} as const satisfies Record<string, Attack>
