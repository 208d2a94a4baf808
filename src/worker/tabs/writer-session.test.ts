import { describe, expect, test } from 'vitest'
import { StoreError } from '../../store/errors.ts'
import { SyncError } from '../../sync/errors.ts'
import { settle } from '../../testing/manual-clock.ts'
import type { Engine, EngineEvent } from '../engine.ts'
import type { TabMessage } from './tab-channel.ts'
import { WriterSession, type WriterSessionOptions } from './writer-session.ts'

/** Returns a session over an engine with only the given methods. */
function sessionOf(engine: Partial<Engine>, options: Partial<WriterSessionOptions> = {}) {
  const said: TabMessage[] = []
  const told: string[] = []
  let emit = (_: EngineEvent) => {}
  const session = new WriterSession({
    ...{ writer: 'a/1', chainId: 1, term: 1, inherited: null },
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
  return { session, said, told, emit: (event: EngineEvent) => emit(event) }
}

const call = (number: number) =>
  ({ kind: 'call', writer: 'a/1', chainId: 1, tab: 'b', call: number, method: 'status', args: [] }) as const

describe('WriterSession', () => {
  test('default: answers a call of another tab once, however often it is asked', async () => {
    let calls = 0
    const { session, said } = sessionOf({
      status: async () => {
        calls++
        return { complete: null, target: null }
      },
    })
    await Promise.all([session.serve(call(1)), session.serve(call(1)), session.serve(call(2))])
    expect(calls).toBe(2)
    expect(said).toMatchObject([
      { kind: 'result', tab: 'b', call: 1, value: { complete: null, target: null } },
      { kind: 'result', tab: 'b', call: 2 },
    ])
  })

  test('error: what the engine rejects with is said as it is', async () => {
    const { session, said } = sessionOf({
      status: () => Promise.reject(new StoreError('databaseFailed', 'no', { details: { at: 1 } })),
    })
    await session.serve(call(1))
    expect(said).toMatchObject([{ kind: 'error', call: 1, error: { code: 'databaseFailed', details: { at: 1 } } }])
  })

  test('error: a write that was refused is nobody’s answer: the next writer has it', async () => {
    const fenced = new StoreError('fenced', 'another has taken over')
    let refusals = 0
    const { session, said } = sessionOf(
      { status: () => Promise.reject(new SyncError('storeFailed', 'failed', { cause: fenced })) },
      {
        onFenced: () => {
          refusals++
          void session.end()
        },
      },
    )
    await session.serve(call(1))
    expect(refusals).toBe(1)
    expect(said).toEqual([])
  })

  test('behavior: goes on with what it inherits, and says so even before the engine is open', async () => {
    const started: string[] = []
    const sync: Engine['sync'] = (_, { root }) => {
      started.push(root!)
      return new Promise(() => {})
    }
    const { session } = sessionOf({ sync }, { inherited: { root: '0x12' } })
    expect(session.target).toEqual({ root: '0x12' })
    await session.opened
    expect(started).toEqual(['0x12'])
  })

  test('error: nobody waits for what it inherited, and a refused write is noticed all the same', async () => {
    const fenced = new StoreError('fenced', 'another has taken over')
    const { session, told } = sessionOf({ sync: () => Promise.reject(fenced) }, { inherited: { root: '0x12' } })
    await session.opened
    await settle()
    expect(told).toEqual(['target', 'fenced'])
    expect(session.target).toEqual({ root: '0x12' })
  })

  test('behavior: once it is over it says and tells nothing, and what it was about stays what it was', async () => {
    let reject = (_: Error) => {}
    const sync: Engine['sync'] = () => new Promise((_, fail) => (reject = fail))
    const { session, said, told, emit } = sessionOf({ sync }, { inherited: { root: '0x12' } })
    await session.opened
    const before = [said.length, told.length]
    const ended = session.end()
    reject(new SyncError('closed', 'closed'))
    emit({ kind: 'peers', peers: [] })
    await session.serve({ ...call(1), method: 'keep' })
    await ended
    await settle()
    expect([said.length, told.length]).toEqual(before)
    expect(session.target).toEqual({ root: '0x12' })
  })
})
