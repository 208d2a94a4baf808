import { describe, expect, test } from 'vitest'
import { ENGINE_METHODS, type Engine } from './engine.ts'
import { callEngine, type EngineCall, engineOver } from './engine-calls.ts'

describe('engineOver', () => {
  test('default: each method becomes a call with its name and arguments, and settles as the call does', async () => {
    const calls: EngineCall[] = []
    const engine = engineOver(async (call) => {
      calls.push(call)
      return calls.length
    })
    expect(Object.keys(engine)).toEqual(ENGINE_METHODS)
    const results = [await engine.getStorageAt('0x12', 3n, 'target'), await engine.status(), await engine.cancel(7)]
    expect(results).toEqual([1, 2, 3])
    expect(calls).toEqual([
      { method: 'getStorageAt', args: ['0x12', 3n, 'target'] },
      { method: 'status', args: [] },
      { method: 'cancel', args: [7] },
    ])
    const failing = engineOver(() => Promise.reject(new Error('no')))
    await expect(failing.role()).rejects.toThrow('no')
  })

  test('behavior: an engine is no promise, so it can be the result of one', async () => {
    const engine = engineOver(() => Promise.reject(new Error('called')))
    expect(await Promise.resolve(engine)).toBe(engine)
  })
})

describe('callEngine', () => {
  test('default: calls what engineOver was called with, across a copy of the call', async () => {
    const answer = { root: '0x34', value: null }
    const asked: unknown[] = []
    const methods: Pick<Engine, 'getAccount'> = {
      getAccount: async (...args) => {
        asked.push(args)
        return answer
      },
    }
    const engine = engineOver((call) => callEngine(methods as Engine, structuredClone(call)))
    expect(await engine.getAccount('0x12', undefined)).toBe(answer)
    expect(asked).toEqual([['0x12', undefined]])
  })
})
