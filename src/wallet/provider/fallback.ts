/**
 * The application's fallback, as far as it can be held to anything: it is asked only while it is on the client's chain, and
 * it may be slow, be silent or talk nonsense. What it answers is trusted; that it is about this chain is not.
 */
import { type Clock, systemClock } from '../../runtime/clock.ts'
import { FALLBACK_CHAIN_TIMEOUT_MS, FALLBACK_READ_TIMEOUT_MS, MAX_CHAIN_CHECKS } from './constants.ts'
import { listen } from './listen.ts'
import type { ProviderContext } from './methods.ts'
import { ProviderRpcError, RPC_CODE } from './rpc-error.ts'
import { isRpcError, messageOf } from './to-rpc-error.ts'
import type { Eip1193Requester, RequestArguments } from './types.ts'

export interface FallbackOptions {
  readonly requester: Eip1193Requester
  readonly chainId: number
  readonly clock?: Pick<Clock, 'after'>
}

/** After these the fallback may be somewhere else. */
const CHAIN_EVENTS = ['chainChanged', 'connect', 'disconnect'] as const

/** A wallet that is elsewhere has to be told where to go: these two are not held up by where it is. */
const TO_THE_CHAIN: ReadonlySet<string> = new Set(['wallet_switchEthereumChain', 'wallet_addEthereumChain'])

/** Nobody is asked for consent: an answer is a matter of seconds. All others may wait for a person. */
const READS =
  /^(?:eth_(?:get(?!EncryptionPublicKey)\w+|accounts|call|coinbase|createAccessList|estimateGas|gasPrice|maxPriorityFeePerGas|blobBaseFee|feeHistory|simulateV1)|net_\w+|web3_\w+)$/

export class Fallback implements Eip1193Requester {
  readonly #requester: Eip1193Requester
  readonly #chainId: number
  readonly #clock: Pick<Clock, 'after'>
  /** It will say when its chain changes. Without that it is asked each time. */
  readonly #tells: boolean
  /** Counts what it said of its chain. */
  #changes = 0
  /** The check that runs, or the last one that passed; `null`: there is none to rely on. */
  #check: Promise<void> | null = null
  #isOnChain = false

  constructor({ requester, chainId, clock = systemClock }: FallbackOptions) {
    this.#requester = requester
    this.#chainId = chainId
    this.#clock = clock
    const onChange = () => {
      this.#changes++
      this.#isOnChain = false
      this.#check = null
    }
    this.#tells = CHAIN_EVENTS.map((event) => listen(requester, event, onChange)).every((heard) => heard)
  }

  /** The fallback of a provider; one that is held to its chain already stays. */
  static of({ fallback, chainId, clock }: ProviderContext): Fallback | undefined {
    if (fallback === undefined || fallback instanceof Fallback) return fallback
    return new Fallback({ requester: fallback, chainId, ...(clock === undefined ? {} : { clock }) })
  }

  /** True as long as it has said that it is on the client's chain, and nothing else since. */
  get isOnChain(): boolean {
    return this.#isOnChain
  }

  /**
   * Passes a request on. Rejects with 4901 if the fallback is on another chain or does not say on which, with what it rejects
   * with if that is an error of EIP-1193, and else with -32603.
   */
  async request({ method, params }: RequestArguments): Promise<unknown> {
    if (TO_THE_CHAIN.has(method)) this.#checkDestination(params)
    else await this.#ensureChain()
    const args = params === undefined ? { method } : { method, params }
    const answer = await this.#ask(args, READS.test(method) ? FALLBACK_READ_TIMEOUT_MS : null)
    return answer === undefined ? null : answer
  }

  /** The addresses that it lets this page use. */
  async accounts(): Promise<readonly string[]> {
    const answer = await this.request({ method: 'eth_accounts' })
    if (isAccounts(answer)) return answer
    throw nonsense('eth_accounts', 'a list of addresses')
  }

  #ensureChain(): Promise<void> {
    const check = this.#check ?? this.#checkChain()
    this.#check = check
    const forget = () => {
      if (this.#check === check) this.#check = null
    }
    // One that failed is tried again by the next request, and so is each where nobody says that the chain has changed.
    check.then(() => this.#tells || forget(), forget)
    return check
  }

  async #checkChain(): Promise<void> {
    for (let round = 0; round < MAX_CHAIN_CHECKS; round++) {
      const changes = this.#changes
      const answer = await this.#ask({ method: 'eth_chainId' }, FALLBACK_CHAIN_TIMEOUT_MS).catch((cause) => {
        throw this.#otherChain(null, cause)
      })
      if (changes !== this.#changes) continue // said before it changed
      const chainId = chainIdOf(answer)
      if (chainId !== BigInt(this.#chainId)) throw this.#otherChain(chainId)
      this.#isOnChain = true
      return
    }
    throw this.#otherChain(null)
  }

  /** This provider is of one chain: the wallet is sent to no other. */
  #checkDestination(params: unknown): void {
    const [destination] = Array.isArray(params) ? params : []
    const chainId = chainIdOf((destination as { chainId?: unknown } | null | undefined)?.chainId)
    if (chainId !== null && chainId !== BigInt(this.#chainId)) throw this.#otherChain(chainId)
  }

  #otherChain(got: bigint | null, cause?: unknown): ProviderRpcError {
    const where = got === null ? 'does not say on which chain it is' : `is asked to be, or is, on chain ${got}`
    return new ProviderRpcError(
      RPC_CODE.chainDisconnected,
      `the fallback ${where}: this provider is of ${this.#chainId}`,
      {
        data: {
          code: 'otherChain',
          details: { expected: hexOf(this.#chainId), got: got === null ? null : hexOf(got) },
        },
        cause,
      },
    )
  }

  /** `timeoutMs` is `null` where a person may have to answer. */
  async #ask(args: RequestArguments, timeoutMs: number | null): Promise<unknown> {
    let stop = () => {}
    const late = new Promise<never>((_, reject) => {
      if (timeoutMs === null) return
      stop = this.#clock.after(timeoutMs, () =>
        reject(failed(`it has not answered ${args.method} for ${timeoutMs} ms`)),
      )
    })
    try {
      return await Promise.race([this.#requester.request(args), late])
    } catch (error) {
      if (isRpcError(error)) throw error
      throw failed(`it refused ${args.method}: ${messageOf(error)}`, error)
    } finally {
      stop()
    }
  }
}

/** True if `value` is what `eth_accounts` answers and `accountsChanged` tells. */
export function isAccounts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string' && /^0x[0-9a-fA-F]{40}$/.test(each))
}

/** The fallback's answer to `method` is none. */
export function nonsense(method: string, expected: string): ProviderRpcError {
  return failed(`its answer to ${method} is not ${expected}`)
}

function failed(rule: string, cause?: unknown): ProviderRpcError {
  return new ProviderRpcError(RPC_CODE.internal, `the fallback failed: ${rule}`, {
    data: { code: 'fallbackFailed', details: {} },
    cause,
  })
}

/** A quantity, with leading zeros if it must be; `null`: something else. */
function chainIdOf(value: unknown): bigint | null {
  if (typeof value === 'string' && /^0x[0-9a-fA-F]{1,64}$/.test(value)) return BigInt(value)
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : null
}

function hexOf(value: bigint | number): string {
  return `0x${value.toString(16)}`
}
