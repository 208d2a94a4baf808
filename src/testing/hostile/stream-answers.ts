/**
 * Servers that complete the encrypted connection with a tab, and then say random or bent things: frames of yamux, messages of
 * the protocol. Each has an identity of its own, because a tab keeps one connection to a peer. Node only.
 */
import { noise } from '@chainsafe/libp2p-noise'
import type { Connection, Libp2p, MessageStream, Stream } from '@libp2p/interface'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { installPromiseWithResolvers } from '../../network/promise-with-resolvers.ts'
import { type Random, seededRandom } from '../random.ts'
import { ended, send } from './hostile-client.ts'
import { mutate } from './mutate.ts'
import { patience } from './raw-answers.ts'
import { answers, say } from './speech.ts'
import { STATUS } from './wire-bytes.ts'
import { yamuxFrame } from './yamux-frame.ts'

/** What is said to a tab that has opened a stream of the protocol. */
export type StreamAnswer = (
  stream: Stream,
  below: MessageStream,
  random: Random,
  options: AnsweringNodeOptions,
) => Promise<void>

/** Inputs on one connection, as long as the tab puts up with them. */
const INPUTS_PER_CONNECTION = 20
const PATIENCE_MS = 20
/** The streams that this side opens have even numbers; those of the tab are odd, and its first few carry what it asks. */
const STREAMS = [1, 3, 5, 102, 104, 106, 108, 110]

const yamuxLevel: StreamAnswer = async (stream, below, random, { onInput }) => {
  send(stream, STATUS)
  for (let left = INPUTS_PER_CONNECTION; left > 0 && below.status === 'open'; left--) {
    onInput()
    const frame = yamuxFrame(random, random.pick(STREAMS))
    below.send(random() < 0.05 ? mutate(frame, random) : frame)
    await Promise.race([ended(below), patience(random.int(PATIENCE_MS))])
  }
}

const protocol: StreamAnswer = async (stream, _below, random, { onInput, root }) => {
  onInput()
  say(stream, answers(root, random), random)
  await Promise.race([ended(stream), patience()])
}

export const STREAM_ANSWERS = { yamux: yamuxLevel, protocol } as const satisfies Record<string, StreamAnswer>

/** What carries yamux, which libp2p keeps to itself. */
interface Carried {
  readonly muxer: { readonly maConn: MessageStream }
}

export interface AnsweringNodeOptions {
  readonly protocol: string
  readonly answer: StreamAnswer
  /** Of a state that the tab wants. */
  readonly root: Uint8Array
  /** The seed of the next input. */
  readonly nextSeed: () => number
  /** Called at each input. */
  readonly onInput: () => void
}

/** Listens on the loopback interface, without any limit. The caller stops it. */
export async function startAnsweringNode(options: AnsweringNodeOptions): Promise<Libp2p> {
  installPromiseWithResolvers()
  const node = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0/ws'] },
    transports: [webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionManager: { inboundConnectionThreshold: 1e6, maxIncomingPendingConnections: 1e6, maxConnections: 1e6 },
    connectionMonitor: { enabled: false },
  })
  await node.handle(options.protocol, (stream, connection) => void answer(stream, connection, options))
  return node
}

async function answer(stream: Stream, connection: Connection, options: AnsweringNodeOptions): Promise<void> {
  stream.addEventListener('message', () => {})
  const { maConn } = (connection as unknown as Carried).muxer
  try {
    await options.answer(stream, maConn, seededRandom(options.nextSeed()), options)
  } catch {
    // The tab has ended the connection in the middle of an input, as it should.
  }
  // Whoever did not: the next dial is another input.
  connection.abort(new Error('enough'))
}
