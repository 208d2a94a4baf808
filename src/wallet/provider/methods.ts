/** The provider's own methods. Each answer comes from verified data or from the client itself. */

import type { SyncProgress } from '../../sync/progress.ts'
import { badArgument } from '../plain.ts'
import { blockOf, isHeaderOnly } from './block.ts'
import { blockOverridesOf, callOf, overridesOf } from './call-params.ts'
import type { ProviderContext } from './context.ts'
import type { Fallback } from './fallback.ts'
import { type BlockParam, blockParamOf, findState, type KnownState } from './known-states.ts'
import { addressOf, booleanOf, hashOf, listOf, slotOf, slotsOf } from './params.ts'
import { ProviderRpcError, RPC_CODE } from './rpc-error.ts'
import type { CallState, EvmModule } from './types.ts'

/** The parts of a provider, with a fallback held to the client's chain. */
export interface MethodContext extends ProviderContext {
  readonly fallback?: Fallback | undefined
}

/** The basis of an answer. */
type Grounds =
  /** Proofs, down from the trusted root. */
  | 'verified'
  /** The header with the trusted hash. */
  | 'header'
  /** The client's own configuration and progress. */
  | 'client'

export interface Method {
  readonly grounds: Grounds
  /** True if the method needs an EVM. Without an EVM, the request goes to the fallback. */
  readonly takesEvm?: boolean
  run(context: MethodContext, params: unknown): Promise<unknown>
}

/** The methods by name. Methods neither here nor in {@link REFUSED} go to the fallback. */
export const METHODS: Readonly<Record<string, Method>> = {
  eth_getBalance: ofState('verified', async ({ source }, [address], { root }) => {
    const { value } = await source.getAccount(addressOf(address), { at: root })
    return quantity(value?.balance ?? 0n)
  }),
  eth_getTransactionCount: ofState('verified', async ({ source }, [address], { root }) => {
    const { value } = await source.getAccount(addressOf(address), { at: root })
    return quantity(value?.nonce ?? 0n)
  }),
  eth_getCode: ofState('verified', async ({ source }, [address], { root }) => {
    return (await source.getCode(addressOf(address), { at: root })).value
  }),
  eth_getStorageAt: ofState(
    'verified',
    async ({ source }, [address, slot], { root }) => {
      return (await source.getStorageAt(addressOf(address), slotOf(slot), { at: root })).value
    },
    2,
  ),
  eth_getProof: ofState(
    'verified',
    async ({ source }, [address, slots], { root }) => {
      const { value } = await source.getProof(addressOf(address), slotsOf(slots), { at: root })
      const storageProof = value.storageProof.map((slot) => ({ ...slot, value: quantity(slot.value) }))
      return { ...value, balance: quantity(value.balance), nonce: quantity(value.nonce), storageProof }
    },
    2,
  ),
  eth_call: withEvm(async (evm, call) => (await evm.call(...call)).output),
  eth_estimateGas: withEvm(async (evm, call) => quantity(await evm.estimateGas(...call))),
  eth_blockNumber: {
    grounds: 'header',
    async run(context, params) {
      listOf(params, 0)
      const { number, root } = await findState(context, { kind: 'latest' })
      if (number !== null) return quantity(number)
      throw new ProviderRpcError(
        RPC_CODE.resourceNotFound,
        `only the root ${root} is known, and not the number of its block`,
      )
    },
  },
  eth_getBlockByNumber: ofBlock(blockParamOf),
  eth_getBlockByHash: ofBlock((hash) => ({ kind: 'hash', hash: hashOf(hash) })),
  eth_chainId: ofClient(({ chainId }) => quantity(chainId)),
  net_version: ofClient(({ chainId }) => String(chainId)),
  web3_clientVersion: ofClient(() => 'Rootlight'),
  // Keys belong to a wallet, so the accounts are those of a wallet behind this provider.
  eth_accounts: ofClient(({ fallback }) => fallback?.accounts() ?? []),
  eth_syncing: ofClient(async ({ source }) => {
    const { progress } = source
    if (progress === null || progress.phase === 'complete' || progress.phase === 'failed') return false
    const { complete, target } = await source.status()
    return syncingOf(progress, complete?.blockNumber ?? 0, target?.blockNumber ?? 0)
  }),
}

/**
 * Methods never forwarded: a wallet would take the nonce and the gas limit in their results as verified. Refused
 * libraries (viem, when preparing a transaction) ask for the parts instead.
 */
export const REFUSED: ReadonlySet<string> = new Set(['eth_fillTransaction'])

/** Returns a method with a block among its params: at index `blockAt`, with `behind` params after the block. */
function ofState(
  grounds: Grounds,
  answer: (context: MethodContext, params: readonly unknown[], state: KnownState) => Promise<unknown>,
  blockAt = 1,
  behind = 0,
): Method {
  return {
    grounds,
    async run(context, params) {
      const list = listOf(params, blockAt + 1 + behind)
      return answer(context, list, await findState(context, blockParamOf(list[blockAt])))
    },
  }
}

/** Returns a method with a transaction, a block, state overrides and block overrides as params. */
function withEvm(answer: (evm: EvmModule, call: Parameters<EvmModule['call']>) => Promise<string>): Method {
  const run: Parameters<typeof ofState>[1] = async (context, [transaction, , overrides, blockOverrides], state) => {
    const request = callOf(transaction, context.chainId)
    const { number, header } = state
    const call = [
      callState(context, state),
      { number, header },
      request,
      callOptions(context, overrides, blockOverrides),
    ] as const
    return answer(await loadEvm(context), [...call])
  }
  return { ...ofState('verified', run, 1, 2), takesEvm: true }
}

/** Loads the EVM. Rejects with the error of the load, or with `badArgument`: the application may load anything. */
async function loadEvm({ evm }: MethodContext): Promise<EvmModule> {
  const module: unknown = await evm?.()
  const { call, estimateGas } = Object(module) as Partial<EvmModule>
  if (typeof call === 'function' && typeof estimateGas === 'function') return module as EvmModule
  throw badArgument('what `evm` resolves with', 'rootlight/evm, which has `call` and `estimateGas`', module)
}

function ofBlock(paramOf: (value: unknown) => BlockParam): Method {
  return {
    grounds: 'header',
    async run(context, params) {
      const [block, isFull] = listOf(params, 2)
      if (isFull !== undefined) booleanOf(isFull)
      const { header, rlp, root } = await findState(context, paramOf(block))
      if (header === null || rlp === null) {
        throw new ProviderRpcError(RPC_CODE.resourceNotFound, `only the root ${root} is known, and not its block`)
      }
      const known = { header, rlp, isFull: isFull === true }
      return blockOf(known, isHeaderOnly(header) ? null : await restOf(context.fallback, header.hash, known.isFull))
    },
  }
}

/** Returns the fallback's block, for the fields outside of the header. */
async function restOf(fallback: Fallback | undefined, hash: string, isFull: boolean): Promise<unknown> {
  return fallback?.request({ method: 'eth_getBlockByHash', params: [hash, isFull] })
}

function ofClient(answer: (context: MethodContext) => unknown): Method {
  return {
    grounds: 'client',
    async run(context, params) {
      listOf(params, 0)
      return answer(context)
    },
  }
}

function callState({ source }: MethodContext, { root }: KnownState): CallState {
  const options = { at: root }
  return {
    account: async (address) => (await source.getAccount(address, options)).value,
    storage: async (address, slot) => BigInt((await source.getStorageAt(address, slot, options)).value),
    code: async (address) => (await source.getCode(address, options)).value,
  }
}

function callOptions({ chainId, hardfork }: MethodContext, overrides: unknown, blockOverrides: unknown) {
  const isGiven = (value: unknown) => value !== undefined && value !== null
  return {
    chainId,
    ...(hardfork === undefined ? {} : { hardfork }),
    ...(isGiven(overrides) ? { overrides: overridesOf(overrides) } : {}),
    ...(isGiven(blockOverrides) ? { blockOverrides: blockOverridesOf(blockOverrides) } : {}),
  }
}

/**
 * Returns geth's object: block numbers, the two counters of fast sync, and the counters of snap sync with the same
 * meaning here.
 */
function syncingOf(progress: SyncProgress, complete: number, target: number) {
  const { nodes, pending, accounts, slots, codes } = progress
  return {
    startingBlock: quantity(complete),
    currentBlock: quantity(complete),
    highestBlock: quantity(target),
    pulledStates: quantity(nodes + codes),
    knownStates: quantity(nodes + codes + pending),
    syncedAccounts: quantity(accounts),
    syncedStorage: quantity(slots),
    syncedBytecodes: quantity(codes),
  }
}

function quantity(value: bigint | number): string {
  return `0x${value.toString(16)}`
}
