/**
 * The application's fallback, held to the client's chain: requests are sent only while the fallback is on that chain.
 * The fallback may be slow, silent or talk nonsense. Its answers are trusted; its chain is checked.
 */
import { type Clock, systemClock } from '../../runtime/clock.ts'
import { FALLBACK_CHAIN_TIMEOUT_MS, FALLBACK_READ_TIMEOUT_MS, MAX_CHAIN_CHECKS } from './constants.ts'
import type { ProviderContext } from './context.ts'
import { listen } from './listen.ts'
import { ProviderRpcError, RPC_CODE } from './rpc-error.ts'
import { isRpcError, messageOf } from './to-rpc-error.ts'
import type { Eip1193Requester, RequestArguments } from './types.ts'

export interface FallbackOptions {
  readonly requester: Eip1193Requester
  readonly chainId: number
  readonly clock?: Pick<Clock, 'after'>
}

/** Events after which the fallback may be on another chain. */
const CHAIN_EVENTS = ['chainChanged', 'connect', 'disconnect'] as const

/** The methods sending a wallet to a chain. They are forwarded even while the wallet is on another chain. */
const TO_THE_CHAIN: ReadonlySet<string> = new Set(['wallet_switchEthereumChain', 'wallet_addEthereumChain'])

/** Methods needing no user's consent: an answer takes seconds. All other methods may wait for a person. */
const READS =
  /^(?:eth_(?:get(?!EncryptionPublicKey)\w+|accounts|call|coinbase|createAccessList|estimateGas|gasPrice|maxPriorityFeePerGas|blobBaseFee|feeHistory|simulateV1)|net_\w+|web3_\w+)$/

export class Fallback implements Eip1193Requester {
  readonly #requester: Eip1193Requester
  readonly #chainId: number
  readonly #clock: Pick<Clock, 'after'>
  /** True if the fallback announces changes of its chain. Otherwise each request asks for the chain first. */
  readonly #tells: boolean
  /** The number of chain events so far. */
  #changes = 0
  /** The running chain check, or the last passed one; `null` if the next request must check again. */
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

  /** Returns the fallback of a provider, wrapped unless already a `Fallback`. */
  static of({ fallback, chainId, clock }: ProviderContext): Fallback | undefined {
    if (fallback === undefined || fallback instanceof Fallback) return fallback
    return new Fallback({ requester: fallback, chainId, ...(clock === undefined ? {} : { clock }) })
  }

  /** True since the fallback confirmed the client's chain, until a chain event or a failed check. */
  get isOnChain(): boolean {
    return this.#isOnChain
  }

  /**
   * Forwards a request. Rejects with 4901 if the fallback is on another chain, or does not tell its chain. Passes on
   * errors in the form of EIP-1193, and turns others into -32603.
   */
  async request({ method, params }: RequestArguments): Promise<unknown> {
    if (TO_THE_CHAIN.has(method)) this.#checkDestination(params)
    else await this.#ensureChain()
    const args = params === undefined ? { method } : { method, params }
    const answer = await this.#ask(args, READS.test(method) ? FALLBACK_READ_TIMEOUT_MS : null)
    return answer === undefined ? null : answer
  }

  /** Returns the addresses open to this application. */
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
    // The next request repeats a failed check. Without chain events, every request repeats the check.
    check.then(() => this.#tells || forget(), forget)
    return check
  }

  async #checkChain(): Promise<void> {
    for (let round = 0; round < MAX_CHAIN_CHECKS; round++) {
      const changes = this.#changes
      const { chainId, cause } = await this.#askChain()
      if (changes !== this.#changes) continue // the answer is from before the change
      this.#isOnChain = chainId === BigInt(this.#chainId)
      if (this.#isOnChain) return
      throw this.#otherChain(chainId, cause)
    }
    throw this.#otherChain(null)
  }

  /** Returns the fallback's chain; `null` if the fallback does not tell, with the reason of a failure. */
  #askChain(): Promise<{ readonly chainId: bigint | null; readonly cause?: unknown }> {
    return this.#ask({ method: 'eth_chainId' }, FALLBACK_CHAIN_TIMEOUT_MS).then(
      (answer) => ({ chainId: chainIdOf(answer) }),
      (cause: unknown) => ({ chainId: null, cause }),
    )
  }

  /** Throws error 4901 if the wallet would be sent to another chain than this provider's. */
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

  /** Sends a request. `timeoutMs` is `null` if a person may have to answer. */
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

/** Returns true if `value` has the form of an answer to `eth_accounts` or of an `accountsChanged` event. */
export function isAccounts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string' && /^0x[0-9a-fA-F]{40}$/.test(each))
}

/** Returns the error for an invalid answer of the fallback to `method`. */
export function nonsense(method: string, expected: string): ProviderRpcError {
  return failed(`its answer to ${method} is not ${expected}`)
}

function failed(rule: string, cause?: unknown): ProviderRpcError {
  return new ProviderRpcError(RPC_CODE.internal, `the fallback failed: ${rule}`, {
    data: { code: 'fallbackFailed', details: {} },
    cause,
  })
}

/** Returns the quantity, also with leading zeros; `null` for anything else. */
function chainIdOf(value: unknown): bigint | null {
  if (typeof value === 'string' && /^0x[0-9a-fA-F]{1,64}$/.test(value)) return BigInt(value)
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : null
}

function hexOf(value: bigint | number): string {
  return `0x${value.toString(16)}`
}
