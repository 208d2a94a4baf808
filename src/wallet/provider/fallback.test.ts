import { describe, expect, test } from 'vitest'
import { ManualClock, settle } from '../../testing/manual-clock.ts'
import { FALLBACK_CHAIN_TIMEOUT_MS, FALLBACK_READ_TIMEOUT_MS, MAX_CHAIN_CHECKS } from './constants.ts'
import { createProvider } from './lazy-provider.ts'
import type { ProviderSource } from './source.ts'

const ACCOUNT = `0x${'a'.repeat(40)}`
const revoked = () => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}
const nothing = () => Promise.reject(new Error('nobody asks for it'))
const source: ProviderSource = {
  progress: null,
  ...{ status: nothing, getAccount: nothing, getStorageAt: nothing, getCode: nothing, getProof: nothing },
}

/** A wallet recording its requests. The answers stand in `answers`, by method. */
class Wallet {
  readonly asked: string[] = []
  answers: Record<string, () => unknown> = {}
  chainId: unknown = '0x539'
  readonly #listeners = new Map<string, ((...args: unknown[]) => void)[]>()

  async request({ method }: { method: string }): Promise<unknown> {
    this.asked.push(method)
    if (this.answers[method] !== undefined) return this.answers[method]()
    return method === 'eth_chainId' ? this.chainId : method === 'eth_accounts' ? [ACCOUNT] : `did ${method}`
  }

  on(event: string, listener: (...args: unknown[]) => void): void {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener])
  }

  emit(event: string, ...args: unknown[]): void {
    for (const listener of this.#listeners.get(event) ?? []) listener(...args)
  }
}

/** Returns a wallet behind a plain function, like a library's transport. Such a fallback has no events. */
const mute = (wallet: Wallet) => ({ request: (args: { method: string }) => wallet.request(args) })
const providerOf = (fallback: object, clock = new ManualClock()) =>
  createProvider({ source, chainId: 1337, fallback: fallback as never, clock })

describe('a provider with a fallback', () => {
  test('default: accounts are the fallback’s; without one there are none', async () => {
    expect(await providerOf(new Wallet()).request({ method: 'eth_accounts' })).toEqual([ACCOUNT])
    expect(await createProvider({ source, chainId: 1337 }).request({ method: 'eth_accounts' })).toEqual([])
  })

  test.each([
    'eth_accounts',
    'eth_requestAccounts',
    'eth_sendTransaction',
    'personal_sign',
    'eth_gasPrice',
    'wallet_x',
  ])('error: %s goes to no fallback on another chain: 4901, and nothing but its chain was asked', async (method) => {
    for (const chainId of ['0x1', 'nonsense', undefined, null, '1337', '0x', 1.5, {}, ['0x539'], '0x539n']) {
      const wallet = new Wallet()
      wallet.chainId = chainId
      await expect(providerOf(wallet).request({ method, params: [] })).rejects.toMatchObject({
        code: 4901,
        data: { code: 'otherChain', details: { expected: '0x539' } },
      })
      expect(wallet.asked).toEqual(['eth_chainId'])
    }
  })

  test('behavior: one that tells of changes is asked for its chain once, and again when it tells of one', async () => {
    const wallet = new Wallet()
    const provider = providerOf(wallet)
    const send = () => provider.request({ method: 'eth_sendTransaction', params: [{}] })
    await Promise.all([send(), send()])
    await send()
    expect(wallet.asked.filter((method) => method === 'eth_chainId')).toHaveLength(1)
    for (const event of ['chainChanged', 'connect', 'disconnect']) {
      wallet.chainId = '0x1'
      wallet.emit(event)
      await expect(send()).rejects.toMatchObject({ code: 4901, data: { details: { got: '0x1' } } })
      wallet.chainId = '0x539'
      wallet.emit(event)
      expect(await send()).toBe('did eth_sendTransaction')
    }
  })

  test('behavior: one that tells nothing is asked before each request', async () => {
    const wallet = new Wallet()
    const provider = providerOf(mute(wallet))
    await provider.request({ method: 'eth_gasPrice' })
    wallet.chainId = '0x1'
    await expect(provider.request({ method: 'eth_gasPrice' })).rejects.toMatchObject({ code: 4901 })
    expect(wallet.asked).toEqual(['eth_chainId', 'eth_gasPrice', 'eth_chainId'])
  })

  test('behavior: a change while it is asked counts, and one that changes without an end is on no chain', async () => {
    const wallet = new Wallet()
    wallet.answers['eth_chainId'] = () => {
      wallet.emit('chainChanged', '0x1')
      return '0x539'
    }
    await expect(providerOf(wallet).request({ method: 'eth_gasPrice' })).rejects.toMatchObject({ code: 4901 })
    expect(wallet.asked).toEqual(new Array(MAX_CHAIN_CHECKS).fill('eth_chainId'))
  })

  test('behavior: a wallet elsewhere can be told to come, and to go nowhere else', async () => {
    const wallet = new Wallet()
    wallet.chainId = '0x1'
    const provider = providerOf(wallet)
    for (const method of ['wallet_switchEthereumChain', 'wallet_addEthereumChain']) {
      expect(await provider.request({ method, params: [{ chainId: '0x539' }] })).toBe(`did ${method}`)
      await expect(provider.request({ method, params: [{ chainId: '0x1' }] })).rejects.toMatchObject({ code: 4901 })
    }
    expect(wallet.asked).not.toContain('eth_chainId')
  })

  test('behavior: one that does not answer is not waited for without an end, but where a person may have to answer', async () => {
    const clock = new ManualClock()
    const wallet = new Wallet()
    const provider = providerOf(wallet, clock)
    const silent = () => new Promise<never>(() => {})
    wallet.answers = { eth_chainId: silent }
    const first = provider.request({ method: 'eth_gasPrice' }).catch((error) => error)
    await settle()
    clock.advance(FALLBACK_CHAIN_TIMEOUT_MS)
    expect(await first).toMatchObject({ code: 4901 })

    wallet.answers = { eth_gasPrice: silent, eth_sendTransaction: silent }
    const read = provider.request({ method: 'eth_gasPrice' }).catch((error) => error)
    let isSettled = false
    const signed = provider.request({ method: 'eth_sendTransaction' }).finally(() => {
      isSettled = true
    })
    void signed
    await settle()
    clock.advance(FALLBACK_READ_TIMEOUT_MS)
    expect(await read).toMatchObject({ code: -32603, data: { code: 'fallbackFailed' } })
    expect(isSettled).toBe(false)
    expect(clock.pending).toEqual([])
  })

  test.each([
    ['text', () => Promise.reject('no')],
    ['nothing', () => Promise.reject()],
    ['an error without a code', () => Promise.reject(new Error('no'))],
    ['an error with a code that is text', () => Promise.reject(Object.assign(new Error('no'), { code: 'NO' }))],
    ['an exception of the platform', () => Promise.reject(new DOMException('no', 'DataCloneError'))],
    ['a proxy that was revoked', () => Promise.reject(revoked())],
    [
      'at once',
      () => {
        throw null
      },
    ],
  ])('error: a fallback that throws %s is a coded error', async (_, answer) => {
    const wallet = new Wallet()
    wallet.answers = { eth_gasPrice: answer }
    await expect(providerOf(wallet).request({ method: 'eth_gasPrice' })).rejects.toMatchObject({
      ...{ name: 'ProviderRpcError', code: -32603, data: { code: 'fallbackFailed' } },
    })
    wallet.answers = { eth_chainId: answer }
    wallet.emit('chainChanged')
    await expect(providerOf(wallet).request({ method: 'eth_gasPrice' })).rejects.toMatchObject({ code: 4901 })
  })

  test('behavior: an error of EIP-1193 comes through as it is', async () => {
    const wallet = new Wallet()
    const refusal = { code: 4001, message: 'the user said no', data: { a: 1 } }
    wallet.answers = { eth_requestAccounts: () => Promise.reject(refusal) }
    await expect(providerOf(wallet).request({ method: 'eth_requestAccounts' })).rejects.toBe(refusal)
  })

  test.each([undefined, null, 'text', [1], [ACCOUNT, '0x1'], { 0: ACCOUNT }])(
    'error: accounts that are none: %j',
    async (accounts) => {
      const wallet = new Wallet()
      wallet.answers = { eth_accounts: () => accounts }
      await expect(providerOf(wallet).request({ method: 'eth_accounts' })).rejects.toMatchObject({ code: -32603 })
    },
  )

  test('behavior: no answer is null, as JSON-RPC has it', async () => {
    const wallet = new Wallet()
    wallet.answers = { wallet_watchAsset: () => undefined }
    expect(await providerOf(wallet).request({ method: 'wallet_watchAsset' })).toBe(null)
  })

  test('behavior: accounts that change are told, nonsense is not, and the chain of the provider never changes', async () => {
    const wallet = new Wallet()
    const provider = providerOf(wallet)
    const told: unknown[] = []
    for (const event of ['accountsChanged', 'chainChanged', 'disconnect', 'message']) {
      provider.on(event, (...args: never[]) => told.push([event, ...args]))
    }
    for (const nonsense of [undefined, null, 'text', [1], {}]) wallet.emit('accountsChanged', nonsense)
    wallet.emit('accountsChanged', [ACCOUNT])
    wallet.emit('accountsChanged', [])
    wallet.emit('chainChanged', '0x1')
    wallet.emit('disconnect', { code: 4900 })
    await settle()
    expect(told).toEqual([
      ['accountsChanged', [ACCOUNT]],
      ['accountsChanged', []],
    ])
  })

  test('behavior: messages of subscriptions are told while the fallback is on this chain', async () => {
    const wallet = new Wallet()
    const provider = providerOf(wallet)
    const told: unknown[] = []
    provider.on('message', (message: never) => told.push(message))
    const message = { type: 'eth_subscription', data: { subscription: '0x1', result: 1 } }
    wallet.emit('message', message)
    await settle()
    expect(told).toEqual([])
    await provider.request({ method: 'eth_subscribe', params: ['newHeads'] })
    for (const each of [message, null, 'text', { type: 1 }]) wallet.emit('message', each)
    await settle()
    expect(told).toEqual([message])
    wallet.chainId = '0x1'
    wallet.emit('chainChanged', '0x1')
    wallet.emit('message', message)
    await settle()
    expect(told).toEqual([message])
  })

  test.each([
    ['another chain', () => '0x1'],
    ['no chain', () => undefined],
    ['an error', () => Promise.reject(new Error('no'))],
  ])(
    'behavior: messages of a fallback that answers with %s are no longer told, also without a chain event',
    async (_, elsewhere) => {
      const wallet = new Wallet()
      const told: unknown[] = []
      const on = (event: string, listener: () => void) => {
        if (event !== 'message') throw new Error('no chain events here')
        wallet.on(event, listener)
      }
      const provider = providerOf({ ...mute(wallet), on })
      provider.on('message', (message: never) => told.push(message))
      const message = { type: 'eth_subscription', data: { subscription: '0x1', result: 1 } }
      await provider.request({ method: 'eth_subscribe', params: ['newHeads'] })
      wallet.emit('message', message)
      await settle()
      expect(told).toEqual([message])
      wallet.answers['eth_chainId'] = elsewhere
      await expect(provider.request({ method: 'eth_gasPrice' })).rejects.toMatchObject({ code: 4901 })
      wallet.emit('message', message)
      await settle()
      expect(told).toEqual([message])
      wallet.answers = {}
      await provider.request({ method: 'eth_gasPrice' })
      wallet.emit('message', message)
      await settle()
      expect(told).toEqual([message, message])
    },
  )

  test('behavior: one whose `on` throws, or is none, is one that tells nothing', async () => {
    const wallet = new Wallet()
    const broken = {
      ...mute(wallet),
      on: () => {
        throw new Error('no')
      },
    }
    for (const fallback of [broken, { ...mute(wallet), on: 'text' }]) {
      const provider = providerOf(fallback)
      provider.on('accountsChanged', () => {})
      expect(await provider.request({ method: 'eth_gasPrice' })).toBe('did eth_gasPrice')
    }
  })
})
