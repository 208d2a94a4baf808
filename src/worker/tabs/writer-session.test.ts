import { describe, expect, test } from 'vitest'
import { StoreError } from '../../store/errors.ts'
import { SyncError } from '../../sync/errors.ts'
import { settle } from '../../testing/manual-clock.ts'
import type { Engine, EngineEvent } from '../engine.ts'
import type { TabMessage } from './tab-channel.ts'
import { Term, type TermOptions } from './writer-session.ts'

/** A term over an engine of which only what a test gives is there. */
function termOf(engine: Partial<Engine>, options: Partial<TermOptions> = {}) {
  const said: TabMessage[] = []
  const told: string[] = []
  let emit = (_: EngineEvent) => {}
  const term = new Term({
    ...{ writer: 'a/1', chainId: 1, number: 1, inherited: null },
    open: async (tell) => {
      emit = tell
      return { close: async () => {}, ...engine } as Engine
    },
    say: (message) => said.push(message),
    tell: (event) => told.push(event.kind),
    onStoreClosed: (event) => told.push(event.kind),
    onTarget: () => told.push('target'),
    onFenced: () => told.push('fenced'),
    isAlive: async () => true,
    ...options,
  })
  return { term, said, told, emit: (event: EngineEvent) => emit(event) }
}

const call = (number: number) =>
  ({ kind: 'call', writer: 'a/1', chainId: 1, tab: 'b', call: number, method: 'status', args: [] }) as const

describe('Term', () => {
  test('default: answers a call of another tab once, however often it is asked', async () => {
    let calls = 0
    const { term, said } = termOf({
      status: async () => {
        calls++
        return { complete: null, target: null }
      },
    })
    await Promise.all([term.serve(call(1)), term.serve(call(1)), term.serve(call(2))])
    expect(calls).toBe(2)
    expect(said).toMatchObject([
      { kind: 'result', tab: 'b', call: 1, value: { complete: null, target: null } },
      { kind: 'result', tab: 'b', call: 2 },
    ])
  })

  test('error: what the engine rejects with is said as it is', async () => {
    const { term, said } = termOf({
      status: () => Promise.reject(new StoreError('databaseFailed', 'no', { details: { at: 1 } })),
    })
    await term.serve(call(1))
    expect(said).toMatchObject([{ kind: 'error', call: 1, error: { code: 'databaseFailed', details: { at: 1 } } }])
  })

  test('error: a write that was refused is nobody’s answer: the next writer has it', async () => {
    const fenced = new StoreError('fenced', 'another has taken over')
    let refusals = 0
    const { term, said } = termOf(
      { status: () => Promise.reject(new SyncError('storeFailed', 'failed', { cause: fenced })) },
      {
        onFenced: () => {
          refusals++
          void term.end()
        },
      },
    )
    await term.serve(call(1))
    expect(refusals).toBe(1)
    expect(said).toEqual([])
  })

  test('behavior: goes on with what it inherits, and says so even before the engine is open', async () => {
    const started: string[] = []
    const sync: Engine['sync'] = (_, { root }) => {
      started.push(root!)
      return new Promise(() => {})
    }
    const { term } = termOf({ sync }, { inherited: { root: '0x12' } })
    expect(term.target).toEqual({ root: '0x12' })
    await term.opened
    expect(started).toEqual(['0x12'])
  })

  test('error: nobody waits for what it inherited, and a refused write is noticed all the same', async () => {
    const fenced = new StoreError('fenced', 'another has taken over')
    const { term, told } = termOf({ sync: () => Promise.reject(fenced) }, { inherited: { root: '0x12' } })
    await term.opened
    await settle()
    expect(told).toEqual(['target', 'fenced'])
    expect(term.target).toEqual({ root: '0x12' })
  })

  test('behavior: once it is over it says and tells nothing, and what it was about stays what it was', async () => {
    let reject = (_: Error) => {}
    const sync: Engine['sync'] = () => new Promise((_, fail) => (reject = fail))
    const { term, said, told, emit } = termOf({ sync }, { inherited: { root: '0x12' } })
    await term.opened
    const before = [said.length, told.length]
    const ended = term.end()
    reject(new SyncError('closed', 'closed'))
    emit({ kind: 'peers', peers: [] })
    await term.serve({ ...call(1), method: 'keep' })
    await ended
    await settle()
    expect([said.length, told.length]).toEqual(before)
    expect(term.target).toEqual({ root: '0x12' })
  })
})
