import { describe, expect, test } from 'vitest'
import { ManualClock } from '../testing/manual-clock.ts'
import type { NodeSource } from '../trie/node-source.ts'
import { type Path, ROOT_PATH } from '../trie/path.ts'
import { throttledSource } from './throttled-source.ts'

const hash = new Uint8Array(32)
const ref = { path: ROOT_PATH, hash }

function throttled(bytesPerSecond: number) {
  const asked: number[] = []
  const clock = new ManualClock()
  const source: NodeSource = {
    has: () => true,
    async run(_root, _ref, _maxNodes, maxBytes) {
      asked.push(maxBytes)
      return new Uint8Array(100)
    },
    path: async () => new Uint8Array(200),
    code: async (wanted) => (wanted === hash ? new Uint8Array(300) : undefined),
  }
  return { clock, asked, source: throttledSource(source, bytesPerSecond, clock) }
}

describe('throttledSource', () => {
  test('default: answers follow each other at the rate, whatever they are', async () => {
    const { clock, source } = throttled(1000)
    const done: string[] = []
    source.run(hash, ref, 0, 5000).then(() => done.push('run'))
    source.path(hash, ref, '' as Path).then(() => done.push('path'))
    source.code(hash).then(() => done.push('code'))
    await clock.pass(99)
    expect(done).toEqual([])
    await clock.pass(1)
    expect(done).toEqual(['run'])
    await clock.pass(200)
    expect(done).toEqual(['run', 'path'])
    await clock.pass(300)
    expect(done).toEqual(['run', 'path', 'code'])
  })

  test('behavior: time in which nobody asked is not made up for', async () => {
    const { clock, source } = throttled(1000)
    await clock.pass(10_000)
    let done = false
    source.run(hash, ref, 0, 5000).then(() => {
      done = true
    })
    await clock.pass(99)
    expect(done).toBe(false)
  })

  test('behavior: a run is asked for no more than a quarter of a second carries', () => {
    const { asked, source } = throttled(1000)
    source.run(hash, ref, 0, 5000)
    source.run(hash, ref, 0, 10)
    expect(asked).toEqual([250, 10])
  })

  test('behavior: what is not there costs nothing', async () => {
    const { source } = throttled(1)
    expect(source.has(hash)).toBe(true)
    expect(await source.code(new Uint8Array(32))).toBeUndefined()
  })
})
