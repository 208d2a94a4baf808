/** Holds the examples of SPEC.md against the encoder and the decoder. */
import { readFileSync } from 'node:fs'
import { bytesToHex, concatBytes, hexToBytes } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import { END, type Path, pathOfKey, ROOT_PATH } from '../trie/path.ts'
import { decodeMessage } from './decode.ts'
import { encodeAnswer, encodeRequest, encodeStatus } from './encode.ts'
import { FrameSplitter } from './frames.ts'
import { DEFAULT_LIMITS, EVERYTHING, type Message } from './messages.ts'

const H = new Uint8Array(32).fill(0x11)
const R = new Uint8Array(32).fill(0xaa)
const limits = DEFAULT_LIMITS

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

function encode(message: Message): Uint8Array[] {
  if (message.kind === 'status') return encodeStatus(message.status)
  return 'items' in message ? encodeAnswer(message) : encodeRequest(message)
}
