/**
 * The official request and response pairs of execution-apis for every own method of the provider, on their own chain.
 * The pairs of calls are tested beside the EVM.
 */
import { bytesToHex } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import { readVectorChain, type VectorBlock, type VectorChain } from '../../testing/rpc-compat/chain.ts'
import { vectorSource } from '../../testing/rpc-compat/vector-source.ts'
import { NO_VECTORS, VECTORS, vectorsOf } from '../../testing/rpc-compat/vectors.ts'
import { handleRequest } from './handle-request.ts'
import { METHODS } from './methods.ts'
import type { ProviderSource } from './source.ts'

const OF_CALLS = new Set(['eth_call', 'eth_estimateGas'])
/** Methods without a pair: their answers follow other rules than a node's. */
const WITHOUT_PAIRS = new Set(['eth_accounts', 'web3_clientVersion'])
const methods = Object.keys(METHODS).filter((method) => !OF_CALLS.has(method) && !WITHOUT_PAIRS.has(method))

/**
 * The pairs answered differently here, by name, with the reason. The pairs come from a node with the whole chain, able
 * to judge which block is safe. Rootlight knows one block, and refuses requests about other and nonexistent blocks.
 */
const DIFFERENT: Readonly<Record<string, string>> = {
  'eth_getBalance/get-balance-blockhash': 'another block than the one that is known',
  'eth_getBlockByHash/get-block-by-empty-hash': 'a block that does not exist',
  'eth_getBlockByHash/get-block-by-notfound-hash': 'a block that does not exist',
  'eth_getBlockByNumber/get-block-notfound': 'a block that does not exist',
  'eth_getBlockByNumber/get-finalized': 'nobody here knows what is final',
  'eth_getBlockByNumber/get-safe': 'nobody here knows what is safe',
}

/**
 * Returns a source knowing only this block. The pairs lack the states of blocks other than the head, and no test reads
 * them.
 */
function sourceAt(chain: VectorChain, { header, rlp }: VectorBlock): ProviderSource {
  const known = { root: header.stateRoot, blockNumber: header.number, header: `0x${bytesToHex(rlp)}` }
  return { ...vectorSource(chain), status: async () => ({ complete: known, target: known }) }
}

interface OfficialBlock {
  readonly hash: string
}

/** Returns a node with the blocks of the pairs. */
function nodeOf(chainId: number) {
  const responses = ['eth_getBlockByHash', 'eth_getBlockByNumber'].flatMap((method) =>
    vectorsOf(method).flatMap(({ exchanges }) => exchanges.map(({ response }) => response)),
  )
  const blocks = responses.flatMap((each) => ('result' in each && each.result !== null ? [each.result] : []))
  return {
    request: async ({ method, params }: { method: string; params?: unknown }) => {
      if (method === 'eth_chainId') return `0x${chainId.toString(16)}`
      const [hash] = params as [string]
      return (blocks as OfficialBlock[]).find((block) => block.hash === hash) ?? null
    },
  }
}

if (VECTORS === null) console.warn(NO_VECTORS)

describe.skipIf(VECTORS === null)(VECTORS === null ? NO_VECTORS : 'the official pairs', () => {
  const chain = VECTORS === null ? (null as never) : readVectorChain()
  const pairs = methods.flatMap((method) =>
    vectorsOf(method).flatMap(({ name, exchanges }) => exchanges.map((pair) => ({ id: `${method}/${name}`, ...pair }))),
  )
  const absent = methods.filter((method) => vectorsOf(method).length === 0)
  if (VECTORS !== null && absent.length > 0) console.warn(`no official pairs of ${absent.join(', ')} are here`)

  for (const { id, request, response, isSpecOnly } of pairs) {
    const ask = (block: VectorBlock) => {
      const { chainId } = chain
      const fallback = nodeOf(chainId)
      return handleRequest({ source: sourceAt(chain, block), chainId, fallback }, request)
    }
    const reason = DIFFERENT[id]
    test(`behavior: ${id}${reason === undefined ? ' is equal' : ` is refused: ${reason}`}`, async () => {
      const official = 'result' in response ? response.result : undefined
      const isBlock = request.method.startsWith('eth_getBlockBy') && official !== null
      const { hash } = (official ?? {}) as OfficialBlock
      // A request about a block goes to a source knowing that block.
      const block = isBlock ? chain.blocks.find(({ header }) => header.hash === hash) : chain.head
      if (reason !== undefined) {
        await expect(ask(chain.head)).rejects.toMatchObject({ name: 'ProviderRpcError', code: -32001 })
      } else if (block === undefined) {
        // The file of the chain lacks the genesis block.
        expect(id).toBe('eth_getBlockByNumber/get-genesis')
      } else if (isSpecOnly) expect(typeof (await ask(block))).toBe(typeof official)
      else if ('result' in response) expect(await ask(block)).toEqual(official)
      else await expect(ask(block)).rejects.toMatchObject({ code: response.error.code })
    })
  }

  test('behavior: blocks are checked: a transaction that was changed, left out or added is noticed', async () => {
    const { chainId } = chain
    const [official] = pairs.filter(({ id }) => id === 'eth_getBlockByNumber/get-latest')
    if (official === undefined) return
    const block = (official.response as { result: { transactions: Record<string, unknown>[] } }).result
    const [first, ...others] = block.transactions
    const changes = [
      others,
      [...block.transactions, first],
      [{ ...first, value: '0x7' }, ...others],
      [{ ...first, to: `0x${'1'.repeat(40)}` }, ...others],
      [{ ...first, type: '0x7e' }, ...others],
      [...others, first],
      ['0xaa'],
      [],
      null,
    ]
    for (const transactions of changes) {
      const request = async ({ method }: { method: string }) => {
        return method === 'eth_chainId' ? `0x${chainId.toString(16)}` : { ...block, transactions }
      }
      await expect(
        handleRequest({ source: vectorSource(chain), chainId, fallback: { request } }, official.request),
      ).rejects.toMatchObject({ code: -32603, data: { code: 'fallbackFailed' } })
    }
  })

  test('behavior: what is not the transaction’s is not passed on', async () => {
    const { chainId } = chain
    const [official] = pairs.filter(({ id }) => id === 'eth_getBlockByNumber/get-latest')
    if (official === undefined) return
    const block = (official.response as { result: { transactions: Record<string, unknown>[] } }).result
    const lies = {
      hash: '0x1',
      blockHash: '0x1',
      gasPrice: block.transactions[0]!['gasPrice'],
      transactionIndex: '0x9',
    }
    const transactions = block.transactions.map((each) => ({ ...each, ...lies, anything: 1 }))
    const request = async ({ method }: { method: string }) => {
      return method === 'eth_chainId' ? `0x${chainId.toString(16)}` : { ...block, transactions, size: '0x1' }
    }
    expect(
      await handleRequest({ source: vectorSource(chain), chainId, fallback: { request } }, official.request),
    ).toEqual(block)
  })
})
