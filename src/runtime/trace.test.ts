import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { createTrace, type TraceNote } from './trace.ts'
import { traceEventOf } from './trace-text.ts'

const SOURCE = fileURLToPath(new URL('..', import.meta.url))
const peer = '12D3KooWQ9f3QwXpJ4WcA1ceRb8bT1v5NoYpHvbUKzHq2GmXrTzE'

function textOf(send: (trace: ReturnType<typeof createTrace>) => void): string {
  const notes: TraceNote[] = []
  send(createTrace((note) => notes.push(note)))
  return notes.map((note) => traceEventOf(note).text).join('\n')
}

describe('createTrace', () => {
  test('default: gives plain data with its time, and the words come later', () => {
    const notes: TraceNote[] = []
    const trace = createTrace(
      (note) => notes.push(note),
      () => 7,
    )
    trace('tabs', 'writing', { session: 3 })
    const note = { at: 7, scope: 'tabs', code: 'writing', details: { session: 3 } }
    expect(structuredClone(notes)).toEqual([note])
    expect(traceEventOf(notes[0]!)).toEqual({ ...note, text: 'this tab writes now, in session 3' })
  })

  test('behavior: every call is an optional one, so nothing is built while nobody listens', () => {
    const names = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
    const files = names.filter((name) => /(?<!\.test|\.suite)\.ts$/.test(name) && !name.startsWith('testing'))
    const calls = files.flatMap((name) => {
      const text = readFileSync(join(SOURCE, name), 'utf8')
      return [...text.matchAll(/\btrace(\?\.)?\((['\w]*)/g)].map(([call]) => `${name}: ${call}`)
    })
    expect(calls.length).toBeGreaterThan(30)
    expect(calls.filter((call) => !call.includes('?.('))).toEqual([])
  })
})

describe('traceEventOf', () => {
  test.each<[string, (trace: ReturnType<typeof createTrace>) => void]>([
    [
      'asks …2GmXrTzE for 1 node, 64.0 kB at most',
      (trace) => trace('sync', 'asked', { peer, kind: 'nodes', items: 1, maxBytes: 64_000, again: false }),
    ],
    [
      'asks …2GmXrTzE for 3 codes, 500 bytes at most, because another peer is late',
      (trace) => trace('sync', 'asked', { peer, kind: 'codes', items: 3, maxBytes: 500, again: true }),
    ],
    [
      '…2GmXrTzE answered with 64.0 kB after 12 ms',
      (trace) => trace('sync', 'answered', { peer, bytes: 64_000, elapsedMs: 12.4, lie: null }),
    ],
    [
      '…2GmXrTzE does not have the requested data',
      (trace) => trace('sync', 'answered', { peer, bytes: 0, elapsedMs: 1, lie: null }),
    ],
    [
      '…2GmXrTzE lied: wrongHash',
      (trace) => trace('sync', 'answered', { peer, bytes: 9, elapsedMs: 1, lie: 'wrongHash' }),
    ],
    [
      'stalled (rootUnavailable): 1 connected peer, of which 0 may have the root',
      (trace) => trace('sync', 'stalled', { reason: 'rootUnavailable', peers: 1, able: 0 }),
    ],
    ['paused: the machine is offline', (trace) => trace('sync', 'paused', { reason: null })],
    [
      '…2GmXrTzE left, or was left: lied, wrongHash; banned for 600 s',
      (trace) => trace('peers', 'left', { address: '/a', peer, reason: 'lied', message: 'wrongHash', banMs: 600_000 }),
    ],
    [
      'does not dial /a for 60 s: banned (stalled)',
      (trace) => trace('peers', 'banned', { address: '/a', reason: 'stalled', waitMs: 60_000 }),
    ],
    ['…2GmXrTzE says: it has no state', (trace) => trace('peers', 'status', { peer, roots: [] })],
    [
      `…2GmXrTzE says: it has 4 states: ${Array(3).fill('0x12121212…').join(', ')}, …`,
      (trace) => trace('peers', 'status', { peer, roots: Array(4).fill(`0x${'12'.repeat(32)}`) }),
    ],
    [
      'answered under 0x12121212…: 3 parts from disk, 0 from memory, 2 from peers',
      (trace) => trace('reads', 'answered', { root: `0x${'12'.repeat(32)}`, memory: 0, disk: 3, peers: 2 }),
    ],
  ])('default: %s', (text, send) => {
    expect(textOf(send)).toBe(text)
  })
})
