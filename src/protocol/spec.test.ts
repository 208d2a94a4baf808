/** Holds the examples of SPEC.md against the encoder and the decoder. */
import { readFileSync } from 'node:fs'
import { bytesToHex, concatBytes, hexToBytes } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import * as network from '../network/constants.ts'
import { END, type Path, pathOfKey, ROOT_PATH } from '../trie/path.ts'
import * as wallet from '../wallet/constants.ts'
import * as protocol from './constants.ts'
import { decodeMessage } from './decode.ts'
import { encodeAnswer, encodeRequest, encodeStatus } from './encode.ts'
import { FrameSplitter } from './frames.ts'
import { DEFAULT_LIMITS, EVERYTHING, type Message } from './messages.ts'

const H = new Uint8Array(32).fill(0x11)
const R = new Uint8Array(32).fill(0xaa)
const limits = DEFAULT_LIMITS
const MIB = 1024 * 1024

const MESSAGES: Record<string, Message> = {
  'status-everything': {
    kind: 'status',
    status: { chainId: 1, roots: [{ root: R, blockNumber: 100, coverage: EVERYTHING }], limits },
  },
  'status-nothing': { kind: 'status', status: { chainId: 1, roots: [], limits } },
  'status-spans': {
    kind: 'status',
    status: {
      chainId: 1,
      roots: [
        {
          root: R,
          blockNumber: 100,
          coverage: [
            { start: '1a', end: '2' },
            { start: `f0${END}`, end: END },
          ],
        },
      ],
      limits,
    },
  },
  'get-nodes': {
    kind: 'getNodes',
    id: 7,
    root: R,
    maxBytes: 128 * 1024,
    refs: [
      { path: ROOT_PATH, hash: R, maxNodes: 0 },
      { path: 'abc' as Path, hash: H, maxNodes: 1 },
    ],
  },
  nodes: { kind: 'nodes', id: 7, items: [hexToBytes('c20102c103'), new Uint8Array()] },
  'get-paths': {
    kind: 'getPaths',
    id: 8,
    root: R,
    maxBytes: 1279,
    refs: [{ path: ROOT_PATH, hash: R, key: pathOfKey(H) }],
  },
  paths: { kind: 'paths', id: 8, items: [new Uint8Array()] },
  'get-code': { kind: 'getCode', id: 2 ** 32 - 1, maxBytes: 65535, hashes: [H] },
  code: { kind: 'code', id: 2 ** 32 - 1, items: [Uint8Array.of(0x5b)] },
  'get-header': { kind: 'getHeader', id: 9, maxBytes: 16_384, hashes: [H, R] },
  header: { kind: 'header', id: 9, items: [new Uint8Array(), hexToBytes('c3010203')] },
}

const spec = readFileSync(new URL('./SPEC.md', import.meta.url), 'utf8')
const examples = [...spec.matchAll(/^```frame (\S+)\n([^`]*)```$/gm)].map(
  ([, name, hex]) => [name!, hex!.replace(/\s/g, '')] as const,
)

describe('SPEC.md', () => {
  test('default: has an example of every message, and no other', () => {
    expect(examples.map(([name]) => name)).toEqual(Object.keys(MESSAGES))
  })

  test.each(examples)('default: %s is what the encoder writes', (name, hex) => {
    expect(bytesToHex(concatBytes(...encode(MESSAGES[name]!)))).toBe(hex)
  })

  test.each(examples)('default: %s is what the decoder reads', (name, hex) => {
    const frames: Uint8Array[] = []
    new FrameSplitter(1024).push(hexToBytes(hex), (frame) => frames.push(frame))
    expect(frames.map(decodeMessage)).toEqual([MESSAGES[name]])
  })
})

/** The numbers in the text, each with its constant. `#` stands for a number. */
const MINUTES = 60_000
const NUMBERS: readonly (readonly [text: string, ...values: number[]])[] = [
  ['A responder accepts messages of at most # bytes', protocol.MAX_REQUEST_FRAME_BYTES],
  ['a requester accepts messages of at most # bytes', protocol.MAX_ANSWER_FRAME_BYTES],
  ['varint of 1 to # bytes', protocol.MAX_PREFIX_BYTES],
  ['SHOULD have at most # bytes: a responder announces', network.MAX_WEBRTC_IN_FLIGHT_BYTES],
  ['`maxResponseBytes` of at most # there', network.MAX_WEBRTC_ANSWER_BYTES],
  [
    'at most: # refs, # runs or ways, # hashes, codes or headers, # roots, and # spans',
    ...[protocol.MAX_REFS, protocol.MAX_REFS, protocol.MAX_HASHES],
    ...[protocol.MAX_STATUS_ROOTS, protocol.MAX_STATUS_SPANS],
  ],
  ['names the newest # and', protocol.MAX_STATUS_ROOTS],
  ['`version` | integer, #', protocol.PROTOCOL_VERSION],
  ['MUST NOT send more than # at once, nor more than # a second', protocol.STATUS_BURST, protocol.STATUSES_PER_SECOND],
  ['`maxResponseBytes` | #', limits.maxResponseBytes],
  ['`maxRefs` | #', limits.maxRefs],
  ['`maxHashes` | #', limits.maxHashes],
  ['`maxOpenRequests` | #', limits.maxOpenRequests],
  ['(or its own `maxResponseBytes`, or #)', protocol.MAX_BUDGET_BYTES],
  ['a run by less than # bytes', protocol.NODE_SLACK_BYTES],
  ['a way by less than #', protocol.PATH_SLACK_BYTES],
  ['a code by at most #, a header by at most #', protocol.MAX_CODE_BYTES, protocol.MAX_HEADER_BYTES],
  ['A code of more than # bytes, or a header of more than #', protocol.MAX_CODE_BYTES, protocol.MAX_HEADER_BYTES],
  ['up to # in a row, then one GetNodes', protocol.READS_AHEAD],
  ['for # minutes, by its peer id', network.LIE_BAN_MS / MINUTES],
  ['the turns of others included | # s', protocol.MAX_SERVING_MS / 1000],
  ['# s at least, # s at most', network.MIN_TIMEOUT_MS / 1000, network.MAX_TIMEOUT_MS / 1000],
  ['over all peers that it asks | # s', wallet.READ_TIMEOUT_MS / 1000],
  ['before it resets the stream | # s', protocol.SENDING_MS / 1000],
  ['twice as long | # s, up to # minutes', network.STALL_BAN_MS / 1000, network.MAX_SILENCE_BAN_MS / MINUTES],
  ['nothing is measured yet, waits # s', network.START_TIMEOUT_MS / 1000],
  ['no Status within # s', protocol.GREETING_MS / 1000],
  ['more than # s from the first byte', protocol.MESSAGE_MS / 1000],
  ['has # streams on a connection', network.MAX_STREAMS_PER_CONNECTION],
  [
    'has # streams, or its host #, or all peers together #',
    ...[protocol.STREAMS_PER_PEER, protocol.STREAMS_PER_HOST, protocol.MAX_STREAMS],
  ],
  ['makes more than # requests a second', protocol.REQUESTS_PER_SECOND],
  ['moves more than # MiB a second', protocol.BYTES_PER_SECOND / MIB],
  ['has # requests that are read or sent', protocol.SERVED_AT_ONCE],
  ['does not take an answer within # s', protocol.SENDING_MS / 1000],
  ['held for its host pass # MiB', protocol.MAX_HELD_BYTES_PER_HOST / MIB],
  ['held for all peers pass # MiB', protocol.MAX_HELD_BYTES / MIB],
  [
    '# bytes, the bytes of the request and of its answer, # bytes for each ref or hash, and # bytes for each millisecond',
    ...[protocol.REQUEST_COST_BYTES, protocol.LOOK_UP_COST_BYTES, protocol.THREAD_COST_BYTES_PER_MS],
  ],
  ['cost more than # bytes lets others', protocol.TURN_COST_BYTES],
  [
    'connections: # of a peer, # of a host and # in all; a host may make # at once and then # a second',
    ...[network.MAX_CONNECTIONS_PER_PEER, network.MAX_CONNECTIONS_PER_HOST, network.MAX_SERVER_CONNECTIONS],
    ...[network.MAX_CONNECTIONS_PER_HOST / 2, network.MAX_CONNECTIONS_PER_HOST / 32],
  ],
  ['as if it had made # more', network.STRIKE_CONNECTIONS],
  ['has # s from its first packet', network.REQUEST_MS / 1000],
  ['asked for a WebSocket, and # s until', network.HANDSHAKE_MS / 1000],
  [
    'of a host # may be on their way, and # in all',
    ...[network.MAX_PENDING_CONNECTIONS_PER_HOST, network.MAX_PENDING_CONNECTIONS],
  ],
  ['for the cipher and for the muxer | # | 0', network.MAX_HANDSHAKE_PROPOSALS],
  ['opens streams | # | #', network.INBOUND_STREAM_BURST, network.INBOUND_STREAMS_PER_SECOND],
  ['proposes protocols on them, together | # | #', network.PROPOSAL_BURST, network.PROPOSALS_PER_SECOND],
  ['sends pings of yamux or of a WebSocket | # | #', network.PING_BURST, network.PINGS_PER_SECOND],
  ['with less than # bytes of data', network.SMALL_FRAME_BYTES],
  ['twice as many) | # | #', network.SMALL_FRAME_BURST, network.SMALL_FRAMES_PER_SECOND],
  ['or a data channel | # | #', network.WEBSOCKET_MESSAGE_BURST, network.WEBSOCKET_MESSAGES_PER_SECOND],
  [
    'for a peer # requests for a place or a dial a second, # at once, for a host # and #;',
    ...[network.HOP_RATES.peer.perSecond, network.HOP_RATES.peer.burst],
    ...[network.HOP_RATES.host.perSecond, network.HOP_RATES.host.burst],
  ],
  [
    '# times at once, and a host # times a second',
    network.PEER_QUESTION_RATES.peer.burst,
    network.PEER_QUESTION_RATES.host.perSecond,
  ],
  ['There are at most #, of at most # bytes each', network.MAX_TOLD_PEERS, network.MAX_PEER_RECORD_BYTES],
]

describe('SPEC.md and the constants', () => {
  const prose = spec.replace(/\s+/g, ' ')

  const rows = NUMBERS.map(([text, ...values]) => ({ text, values }))

  test.each(rows)('default: $text', ({ text, values }) => {
    const pattern = text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('#', '([\\d,]+)')
    const found = prose.match(new RegExp(pattern))
    expect(found?.slice(1).map((digits) => Number(digits.replaceAll(',', '')))).toEqual(values)
  })

  test('default: names what is negotiated', () => {
    for (const id of [protocol.PROTOCOL_ID, network.PEERS_PROTOCOL_ID, network.NOISE_PROTOCOL_ID]) {
      expect(spec).toContain(`\`${id}\``)
    }
    expect(spec).toContain(`\`${network.YAMUX_PROTOCOL_ID}\``)
  })

  test('behavior: times agree: nobody ends what the other side still waits for', () => {
    expect(protocol.MAX_SERVING_MS).toBeLessThan(network.MIN_TIMEOUT_MS)
    expect(network.START_TIMEOUT_MS).toBeGreaterThanOrEqual(network.MIN_TIMEOUT_MS)
    expect(network.MAX_TIMEOUT_MS).toBeLessThan(protocol.SENDING_MS)
    expect(wallet.READ_TIMEOUT_MS).toBeLessThanOrEqual(network.MAX_TIMEOUT_MS)
    expect(protocol.GREETING_MS).toBeGreaterThanOrEqual(network.DIAL_TIMEOUT_MS)
    expect(protocol.MESSAGE_MS).toBeGreaterThan(network.MAX_TIMEOUT_MS)
  })
})

function encode(message: Message): Uint8Array[] {
  if (message.kind === 'status') return encodeStatus(message.status)
  return 'items' in message ? encodeAnswer(message) : encodeRequest(message)
}
