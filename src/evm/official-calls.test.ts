/**
 * The official pairs of execution-apis for calls, on their own chain and state. The provider's answers must be equal.
 */
import { beforeAll, describe, expect, test } from 'vitest'
import { readVectorChain } from '../testing/rpc-compat/chain.ts'
import type { Exchange } from '../testing/rpc-compat/parse-exchanges.ts'
import { vectorSource } from '../testing/rpc-compat/vector-source.ts'
import { NO_VECTORS, VECTORS, vectorsOf } from '../testing/rpc-compat/vectors.ts'
import { handleRequest } from '../wallet/provider/handle-request.ts'
import type { MethodContext } from '../wallet/provider/methods.ts'

/**
 * Estimates left open by the pairs (`speconly`): geth's bisection stops within 1.5 %, and ours finds the least
 * sufficient gas.
 */
const CLOSE = new Set(['estimate-successful-call', 'estimate-with-eip7702'])

let context: MethodContext

/** Returns the provider's answer in the form of a response. */
async function answer({ request }: Exchange): Promise<unknown> {
  try {
    return { result: await handleRequest(context, request) }
  } catch (error) {
    const { code, message, data } = error as { code: number; message: string; data?: unknown }
    return { error: { code, message, data } }
  }
}

/**
 * Returns the response without its error message, except the reason of a revert: other messages differ between clients.
 */
function expected({ response }: Exchange): unknown {
  if (response.error === undefined) return { result: response.result }
  const { code, message, data } = response.error
  return {
    error: { code, message: code === 3 ? message : expect.any(String), ...(data === undefined ? {} : { data }) },
  }
}

function close({ response }: Exchange): unknown {
  const estimate = Number((response as { result: string }).result)
  return {
    result: expect.toSatisfy((result: string) => Number(result) <= estimate && Number(result) > estimate * 0.985),
  }
}

describe.skipIf(VECTORS === null)(VECTORS === null ? NO_VECTORS : 'the official pairs', () => {
  beforeAll(() => {
    const chain = readVectorChain()
    context = {
      source: vectorSource(chain),
      chainId: chain.chainId,
      // The configuration of the vectors' chain: Bpo2 is its last fork.
      hardfork: 'bpo2',
      evm: () => import('./index.ts'),
    }
  })

  for (const method of ['eth_call', 'eth_estimateGas']) {
    const exchanges = VECTORS === null ? [] : vectorsOf(method)
    test(`${method}: there are some`, () => expect(exchanges.length).toBeGreaterThan(0))
    for (const { name, exchanges: pairs } of exchanges) {
      test(`${method}: ${name}`, async () => {
        for (const pair of pairs) {
          const right = pair.isSpecOnly && CLOSE.has(name) ? close(pair) : expected(pair)
          expect(await answer(pair)).toMatchObject(right as object)
        }
      })
    }
  }
})
