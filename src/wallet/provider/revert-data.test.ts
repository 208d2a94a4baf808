/**
 * The data of a revert as found by libraries: real viem and ethers 6, and the rules of ethers 5 and web3.js. The
 * contract reverts with `OffchainLookup` (EIP-3668), like resolvers of offchain names. The contract's answer is the
 * gateway's response.
 */
import { BrowserProvider, Interface } from 'ethers'
import { createPublicClient, custom, encodeErrorResult, encodeFunctionData, keccak256, parseAbi } from 'viem'
import { describe, expect, test } from 'vitest'
import type { Eip1193Provider } from '../../index.ts'
import { EMPTY_ROOT_HEX } from '../../trie/account.ts'
import { createProvider } from './lazy-provider.ts'
import type { ProviderSource } from './source.ts'

const ADDRESS = '0x00000000000000000000000000000000000c0de5'
const ABI = parseAbi([
  'error OffchainLookup(address sender, string[] urls, bytes callData, bytes4 callbackFunction, bytes extraData)',
  'function ask() view returns (uint256)',
  'function answered(bytes response, bytes extraData) view returns (uint256)',
])
const CALLBACK = encodeFunctionData({ abi: ABI, functionName: 'answered', args: ['0x', '0x'] }).slice(0, 10)
const REVERT = encodeErrorResult({
  abi: ABI,
  errorName: 'OffchainLookup',
  args: [ADDRESS, ['https://gateway.example/{sender}/{data}'], '0x1234', CALLBACK as `0x${string}`, '0x'],
})
const word = (value: number) => `0x${value.toString(16).padStart(64, '0')}` as const

/** Code reverting with {@link REVERT}. Only the callback returns, with the first word of its response. */
const CODE = (() => {
  const size = (REVERT.length - 2) / 2
  const u16 = (value: number) => value.toString(16).padStart(4, '0')
  const jumpTo = 30
  const answer = '5b60643560005260206000f3'
  const lookUp = (from: number) => `61${u16(size)}61${u16(from)}60003961${u16(size)}6000fd`
  const head = `60003560e01c63${CALLBACK.slice(2)}1460${jumpTo.toString(16)}57`
  const from = (head.length + lookUp(0).length + answer.length) / 2
  const code = `${head}${lookUp(from)}${answer}${REVERT.slice(2)}`
  expect(code.slice(jumpTo * 2, jumpTo * 2 + 2)).toBe('5b')
  return `0x${code}` as const
})()

const ROOT = word(1)
const source: ProviderSource = {
  progress: null,
  status: async () => {
    const state = { root: ROOT, blockNumber: 1, header: null }
    return { complete: state, target: state }
  },
  getAccount: async (address, { at }) => {
    const account = { nonce: 1n, balance: 0n, storageRoot: `0x${EMPTY_ROOT_HEX}`, codeHash: keccak256(CODE) }
    return { root: at, value: address.toLowerCase() === ADDRESS ? account : null }
  },
  getStorageAt: async (_, __, { at }) => ({ root: at, value: word(0) }),
  getCode: async (address, { at }) => ({ root: at, value: address.toLowerCase() === ADDRESS ? CODE : '0x' }),
  getProof: () => Promise.reject(new Error('nobody asks for it')),
}
const provider: Eip1193Provider = createProvider({
  ...{ source, chainId: 1337, hardfork: 'cancun' },
  evm: () => import('../../evm/index.ts'),
})

const revertOf = (method: string): Promise<unknown> =>
  provider
    .request({ method, params: [{ to: ADDRESS, data: encodeFunctionData({ abi: ABI, functionName: 'ask' }) }] })
    .catch((error: unknown) => error)

describe('the data of a revert', () => {
  test('behavior: viem finds it, and reads offchain', async () => {
    const asked: unknown[] = []
    const client = createPublicClient({
      transport: custom(provider, { retryCount: 0 }),
      ccipRead: {
        request: async ({ data, sender, urls }) => {
          asked.push([data, sender.toLowerCase(), urls])
          return word(42)
        },
      },
    })
    expect(await client.readContract({ address: ADDRESS, abi: ABI, functionName: 'ask' })).toBe(42n)
    expect(asked).toEqual([['0x1234', ADDRESS, ['https://gateway.example/{sender}/{data}']]])
  })

  test('behavior: ethers 6 finds it, and reads offchain', async () => {
    class Reader extends BrowserProvider {
      override async ccipReadFetch(): Promise<string> {
        return word(43)
      }
    }
    const ethers = new Reader(provider as never, 1337)
    const ask = new Interface(['function ask() view returns (uint256)'])
    const tx = { to: ADDRESS, data: ask.encodeFunctionData('ask'), enableCcipRead: true }
    expect(ask.decodeFunctionResult('ask', await ethers.call(tx))).toEqual([43n])
    ethers.destroy()
  })

  test.each(['eth_call', 'eth_estimateGas'])('behavior: %s: the rule of ethers 5 finds it', async (method) => {
    expect(spelunk(await revertOf(method))).toEqual(REVERT)
  })

  test.each(['eth_call', 'eth_estimateGas'])('behavior: %s: the rule of web3.js finds it', async (method) => {
    expect(web3Data(await revertOf(method))).toEqual(REVERT)
    // web3.js recognizes a provider of EIP-1193 by this name, and passes a callback to all others.
    expect(provider.request.constructor.name).toBe('AsyncFunction')
  })

  test('behavior: the error is one of JSON-RPC, whose message is what it was', async () => {
    expect(await revertOf('eth_call')).toMatchObject({ code: 3, message: 'execution reverted', data: REVERT })
  })
})

/**
 * Repeats `spelunk(error, true)` of ethers 5. Returns the hex data of the first object, however deep, with such data
 * and a message of a revert.
 * https://github.com/ethers-io/ethers.js/blob/v5.7.2/packages/providers/src.ts/json-rpc-provider.ts#L27-L57
 */
function spelunk(value: unknown): string | null {
  if (value === null || value === undefined) return null
  const { message, data } = value as { message?: unknown; data?: unknown }
  const isHex = typeof data === 'string' && /^0x[0-9a-f]*$/i.test(data)
  if (typeof message === 'string' && /reverted/.test(message) && isHex) return data
  if (typeof value === 'object') {
    for (const key in value) {
      const found = spelunk((value as Record<string, unknown>)[key])
      if (found !== null) return found
    }
    return null
  }
  if (typeof value !== 'string') return null
  try {
    return spelunk(JSON.parse(value))
  } catch {
    return null
  }
}

/**
 * Returns the data decoded by web3.js 4: `data` of an error with a message of a revert, or of its `originalError`.
 * https://github.com/web3/web3.js/blob/v4.16.0/packages/web3-core/src/web3_request_manager.ts (`_isReverted`)
 * https://github.com/web3/web3.js/blob/v4.16.0/packages/web3-errors/src/errors/contract_errors.ts
 * (`Eip838ExecutionError`)
 */
function web3Data(error: unknown): unknown {
  if (!(error instanceof Error) || !error.message.includes('revert')) return undefined
  const { data } = error as { data?: unknown }
  if (typeof data !== 'object' || data === null) return data
  return (data as { originalError?: { data?: unknown } }).originalError?.data
}
