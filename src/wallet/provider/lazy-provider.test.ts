import { afterEach, describe, expect, test, vi } from 'vitest'
import { createProvider } from './lazy-provider.ts'
import type { ProviderSource } from './source.ts'

const nothing = () => Promise.reject(new Error('nobody asks for it'))
const source: ProviderSource = {
  progress: null,
  ...{ status: nothing, getAccount: nothing, getStorageAt: nothing, getCode: nothing, getProof: nothing },
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe('createProvider', () => {
  test('default: is there at once, and answers', async () => {
    const provider = createProvider({ source, chainId: 5 })
    expect(await provider.request({ method: 'eth_chainId' })).toBe('0x5')
  })

  test('behavior: tells that it is connected once, to whoever listens', async () => {
    const provider = createProvider({ source, chainId: 5 })
    const told: unknown[] = []
    const listener = (detail: never) => told.push(detail)
    const other = () => told.push('gone')
    provider.on('connect', listener).on('connect', other).removeListener('connect', other)
    await provider.request({ method: 'eth_chainId' })
    await provider.request({ method: 'eth_chainId' })
    expect(told).toEqual([{ chainId: '0x5' }])
  })

  test('error: what is not known here, and has no fallback, is unsupported', async () => {
    const provider = createProvider({ source, chainId: 5 })
    await expect(provider.request({ method: 'eth_sign' })).rejects.toMatchObject({ code: 4200 })
  })

  test.each([
    [],
    [undefined],
    [null],
    [1],
    ['eth_chainId'],
    [{}],
    [{ method: 1 }],
    [{ method: Symbol('eth_chainId') }],
    [[{ method: 'eth_chainId' }]],
    [new Map([['method', 'eth_chainId']])],
    [
      {
        get method(): string {
          throw new Error('no')
        },
      },
    ],
  ])('error: a request that is none, %#', async (...args) => {
    const provider = createProvider({ source, chainId: 5 })
    await expect((provider.request as (...args: unknown[]) => unknown)(...args)).rejects.toMatchObject({
      ...{ name: 'ProviderRpcError', code: -32600, message: expect.stringContaining('`method`') },
    })
  })

  test('behavior: a request may be any object, and more than one argument is no matter', async () => {
    const provider = createProvider({ source, chainId: 5 })
    const request = provider.request as (...args: unknown[]) => unknown
    const bare = Object.assign(Object.create(null), { method: 'eth_chainId', jsonrpc: '2.0', id: 1 })
    for (const args of [bare, new Proxy({ method: 'eth_chainId', params: [] }, {}), Object.freeze({ ...bare })]) {
      expect(await request.call(provider, args, () => {})).toBe('0x5')
    }
  })

  test('behavior: a listener that throws, or rejects, is said on the console, and neither request nor other listeners suffer', async () => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => {})
    const provider = createProvider({ source, chainId: 5 })
    const told: unknown[] = []
    provider.on('connect', () => {
      throw new Error('as it is')
    })
    provider.on('connect', () => Promise.reject(new Error('later')))
    provider.on('connect', () => told.push('heard'))
    expect(await provider.request({ method: 'eth_chainId' })).toBe('0x5')
    await vi.waitFor(() => expect(said).toHaveBeenCalledTimes(2))
    expect(told).toEqual(['heard'])
  })

  test('behavior: a listener that was never there can be removed, and one that is removed meanwhile hears nothing', async () => {
    const provider = createProvider({ source, chainId: 5 })
    const told: unknown[] = []
    const second = () => told.push('second')
    const first = () => {
      told.push('first')
      provider.removeListener('connect', second)
    }
    expect(provider.removeListener('connect', first).removeListener('__proto__', first)).toBe(provider)
    provider.on('connect', first).on('connect', first).on('connect', second)
    await provider.request({ method: 'eth_chainId' })
    await provider.request({ method: 'eth_chainId' })
    expect(told).toEqual(['first'])
  })

  test.each([undefined, null, 'text', {}])('error: %j is no listener', (listener) => {
    const provider = createProvider({ source, chainId: 5 })
    expect(() => provider.on('connect', listener as never)).toThrow(expect.objectContaining({ code: 'badArgument' }))
    expect(provider.removeListener('connect', listener as never)).toBe(provider)
  })

  test.each([
    ['nothing', async () => undefined],
    ['a function', async () => () => {}],
    ['half of it', async () => ({ call: () => {} })],
  ])('error: an `evm` that loads %s', async (_, evm) => {
    const state = { root: `0x${'1'.repeat(64)}`, blockNumber: 1, header: null }
    const known = { ...source, status: async () => ({ complete: state, target: state }) }
    const provider = createProvider({ source: known, chainId: 5, evm: evm as never })
    await expect(
      provider.request({ method: 'eth_call', params: [{ to: `0x${'a'.repeat(40)}` }] }),
    ).rejects.toMatchObject({ code: -32603, data: { code: 'badArgument' } })
  })

  test('behavior: an `evm` that could not be loaded is coded, and loaded again by the next call', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const state = { root: `0x${'1'.repeat(64)}`, blockNumber: 1, header: null }
    const known = { ...source, status: async () => ({ complete: state, target: state }) }
    let loads = 0
    const evm = async () => {
      if (loads++ === 0) throw new TypeError('offline')
      return { call: async () => ({ output: '0x01', gasUsed: 0n }), estimateGas: async () => 1n }
    }
    const provider = createProvider({ source: known, chainId: 5, evm })
    const call = () => provider.request({ method: 'eth_call', params: [{ to: `0x${'a'.repeat(40)}` }] })
    await expect(call()).rejects.toMatchObject({ code: -32603, data: { code: 'loadFailed' } })
    expect(await call()).toBe('0x01')
  })
})
