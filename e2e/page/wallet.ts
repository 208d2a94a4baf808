/** The test page as a wallet: real viem and real ethers over the client's own provider. Loaded when a test asks for it. */
import type { Eip1193Requester, LightClient, ProviderOptions } from '../../src/index.ts'
import { announceProvider } from '../../src/index.ts'
import { askProbes } from '../evm-probes.ts'
import { type Answers, askWithEthers, askWithViem, prepareWithViem, type Requester } from '../wallet-questions.ts'

const evm = () => import('../../src/evm/index.ts')

export function providerOf(client: LightClient, options: ProviderOptions = {}): Requester {
  return client.provider({ evm, ...options }) as unknown as Requester
}

export async function askAll(
  client: LightClient,
  options: ProviderOptions = {},
): Promise<{ viem: Answers; ethers: Answers }> {
  const provider = providerOf(client, options)
  return { viem: await askWithViem(provider), ethers: await askWithEthers(provider) }
}

/**
 * Returns viem's preparation of a transfer of tokens, and the requests to the fallback for `name`, the test's function.
 */
export async function prepare(client: LightClient, name: string): Promise<{ transaction: Answers; asked: string[] }> {
  const asked: string[] = []
  const answer = Reflect.get(window, name) as Eip1193Requester['request']
  const fallback: Eip1193Requester = {
    request: (args) => {
      asked.push(args.method)
      return answer(args)
    },
  }
  const transaction = await prepareWithViem(providerOf(client, { fallback, otherBlocks: 'fallback' }))
  return { transaction, asked }
}

/** Returns the results and the gas of calls by the rules of a hardfork. */
export function probe(client: LightClient, hardfork: string): Promise<Answers> {
  return askProbes(providerOf(client, { hardfork }))
}

/** Sends a raw request. Returns a refusal as plain data. */
export async function request(
  client: LightClient,
  method: string,
  params: readonly unknown[],
  options: ProviderOptions = {},
) {
  try {
    return { result: await providerOf(client, options).request({ method, params: params as never }) }
  } catch (error) {
    const { code, message, data } = error as { code?: number; message: string; data?: unknown }
    return { error: { code, message, data: data ?? null } }
  }
}

/** Returns a lying fallback: true about its chain, and with `lie` as any other answer. Records all requests. */
export function liar(lie: unknown, chainId: number): Eip1193Requester & { readonly asked: string[] } {
  const asked: string[] = []
  return {
    asked,
    async request({ method }) {
      asked.push(method)
      return method === 'eth_chainId' ? `0x${chainId.toString(16)}` : lie
    },
  }
}

/** Returns the names and chains of the providers found by a library's search. */
export async function discover(client: LightClient): Promise<{ name: string; chainId: unknown }[]> {
  const stop = announceProvider(client.provider(), { name: 'Rootlight', icon: 'data:,', rdns: 'example.rootlight' })
  const found: { name: string; chainId: unknown }[] = []
  const pending: Promise<void>[] = []
  const listen = (event: Event) => {
    const { info, provider } = (event as CustomEvent).detail
    pending.push(
      provider
        .request({ method: 'eth_chainId' })
        .then((chainId: unknown) => void found.push({ name: info.name, chainId })),
    )
  }
  addEventListener('eip6963:announceProvider', listen)
  dispatchEvent(new Event('eip6963:requestProvider'))
  stop()
  dispatchEvent(new Event('eip6963:requestProvider'))
  removeEventListener('eip6963:announceProvider', listen)
  await Promise.all(pending)
  return found
}
