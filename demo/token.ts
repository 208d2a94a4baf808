/** Reads an ERC-20 by calls executed in this page, on verified state. The first call loads the EVM. */
import type { Eip1193Provider, LightClient } from '../src/index.ts'

export interface TokenAmount {
  readonly amount: bigint
  readonly decimals: number
  readonly symbol: string
  /** The root of the verified state. */
  readonly root: string
}

/** Selectors of `balanceOf(address)`, `decimals()` and `symbol()`. */
const BALANCE_OF = '0x70a08231'
const DECIMALS = '0x313ce567'
const SYMBOL = '0x95d89b41'

const providers = new WeakMap<LightClient, Eip1193Provider>()

/**
 * Returns the token balance of `owner`, or `null` before the first sync. Rejects with the provider's errors, or if the
 * latest state has changed during the calls.
 */
export async function tokenBalance(client: LightClient, token: string, owner: string): Promise<TokenAmount | null> {
  const root = await latestRoot(client)
  if (root === null) return null
  const call = async (data: string) => {
    const result = await providerOf(client).request({ method: 'eth_call', params: [{ to: token, data }, 'latest'] })
    return result as string
  }
  const [amount, decimals, symbol] = await Promise.all([
    call(BALANCE_OF + owner.slice(2).padStart(64, '0')),
    call(DECIMALS),
    call(SYMBOL),
  ])
  if ((await latestRoot(client)) !== root) throw new Error('Another state is the latest since.')
  return { amount: integerOf(amount), decimals: Number(integerOf(decimals)), symbol: textOf(symbol), root }
}

/** Returns the root of the provider's latest state. */
async function latestRoot(client: LightClient): Promise<string | null> {
  const { complete, target } = await client.status()
  return (complete ?? target)?.root ?? null
}

function providerOf(client: LightClient): Eip1193Provider {
  const provider = providers.get(client) ?? client.provider({ evm: () => import('../src/evm/index.ts') })
  providers.set(client, provider)
  return provider
}

function integerOf(word: string): bigint {
  if (word.length !== 66) throw new Error('The contract does not answer as a token does.')
  return BigInt(word)
}

/** Decodes a string as returned by contracts: offset, length, bytes. */
function textOf(data: string): string {
  const length = Number.parseInt(data.slice(66, 130), 16)
  const bytes = data.slice(130, 130 + 2 * length).match(/../g) ?? []
  return new TextDecoder().decode(Uint8Array.from(bytes, (byte) => Number.parseInt(byte, 16)))
}
