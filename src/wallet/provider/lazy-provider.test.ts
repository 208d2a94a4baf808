import { describe, expect, test } from 'vitest'
import { createProvider } from './lazy-provider.ts'
import type { ProviderSource } from './source.ts'

const nothing = () => Promise.reject(new Error('nobody asks for it'))
const source: ProviderSource = {
  progress: null,
  ...{ status: nothing, getAccount: nothing, getStorageAt: nothing, getCode: nothing, getProof: nothing },
}

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
})
