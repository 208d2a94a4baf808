/**
 * Servers completing the encrypted connection with a tab, and then sending random or bent yamux frames or messages.
 * Each server has its own identity, because a tab keeps one connection to a peer. Node only.
 */
import { noise } from '@chainsafe/libp2p-noise'
import type { Connection, Libp2p, MessageStream, Stream } from '@libp2p/interface'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { installPromiseWithResolvers } from '../../network/libp2p/promise-with-resolvers.ts'
import { type Random, seededRandom } from '../random.ts'
import { ended, send } from './hostile-client.ts'
import { mutate } from './mutate.ts'
import { patience } from './raw-answers.ts'
import { answers, say } from './speech.ts'
import { STATUS } from './wire-bytes.ts'
import { yamuxFrame } from './yamux-frame.ts'

/** Answers a tab on a new stream of the protocol. */
export type StreamAnswer = (
  stream: Stream,
  below: MessageStream,
  random: Random,
  options: AnsweringNodeOptions,
) => Promise<void>

/** Inputs on one connection, unless the tab ends the connection before. */
const INPUTS_PER_CONNECTION = 20
const PATIENCE_MS = 20
/**
 * Stream numbers of the inputs. Streams opened by this side are even. The tab's are odd, and the first few carry
 * requests.
 */
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

/** The encrypted connection carrying yamux, a private field of libp2p. */
interface Carried {
  readonly muxer: { readonly maConn: MessageStream }
}

export interface AnsweringNodeOptions {
  readonly protocol: string
  readonly answer: StreamAnswer
  /** Root of a state wanted by the tab. */
  readonly root: Uint8Array
  /** Returns the seed of the next input. */
  readonly nextSeed: () => number
  /** Called at each input. */
  readonly onInput: () => void
}

/** Starts a node listening on the loopback interface, without any limit. The caller stops the node. */
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
  // Ends the connection if the tab has not: the next dial is another input.
  connection.abort(new Error('enough'))
}
