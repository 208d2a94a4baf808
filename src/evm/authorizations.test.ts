/** Authorizations of EIP-7702, signed by viem. The expected gas is computed from the numbers of the EIPs. */
import { privateKeyToAccount } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import { EMPTY_CODE_HASH_HEX, EMPTY_ROOT_HEX } from '../trie/account.ts'
import type { AccountOverride, CallOptions, CallRequest, CallState } from '../wallet/provider/types.ts'
import { call } from './index.ts'

const ELSEWHERE = `0x${'e1'.repeat(20)}`
const BOB = `0x${'b0'.repeat(20)}`
const RETURN_TOP = '60005260206000f3'
const word = (value: bigint | number | string) => `0x${BigInt(value).toString(16).padStart(64, '0')}`

const account = privateKeyToAccount(`0x${'11'.repeat(32)}`)
const authority = account.address.toLowerCase()
const overrides = new Map<string, AccountOverride>([[ELSEWHERE, { code: `0x30${RETURN_TOP}` }]])

/** Returns a state of one account, without code: the authority with `nonce`. */
function stateOf(nonce: bigint | null): CallState {
  const told = { balance: 0n, storageRoot: `0x${EMPTY_ROOT_HEX}`, codeHash: `0x${EMPTY_CODE_HASH_HEX}` }
  return {
    account: async (address) => (address === authority && nonce !== null ? { nonce, ...told } : null),
    storage: async () => 0n,
    code: async () => '0x',
  }
}

function ask(request: CallRequest, options: Partial<CallOptions> = {}, nonce: bigint | null = null) {
  return call(stateOf(nonce), { number: null, header: null }, request, { chainId: 1, overrides, ...options })
}

async function signed(nonce: number, chainId = 1, address = ELSEWHERE) {
  const { r, s, yParity } = await account.signAuthorization({ address: address as `0x${string}`, chainId, nonce })
  const [rest, parity] = [{ r: BigInt(r), s: BigInt(s) }, BigInt(yParity ?? 0)]
  return { chainId: BigInt(chainId), address, nonce: BigInt(nonce), yParity: parity, ...rest }
}

describe('authorizations', () => {
  test('behavior: the account runs the code that it has signed for', async () => {
    expect((await ask({ to: authority, authorizationList: [await signed(0)] })).output).toBe(word(authority))
    expect((await ask({ to: authority, authorizationList: [await signed(0, 0)] })).output).toBe(word(authority))
  })

  test('behavior: the sender authorizes with the nonce after this transaction, whether the account exists or not', async () => {
    for (const nonce of [null, 0n, 7n]) {
      const next = Number(nonce ?? 0n) + 1
      const own = async (nonce: number) => ({
        from: authority,
        to: authority,
        authorizationList: [await signed(nonce)],
      })
      expect((await ask(await own(next), {}, nonce)).output).toBe(word(authority))
      expect((await ask(await own(next - 1), {}, nonce)).output).toBe('0x')
    }
  })

  test('behavior: an overridden nonce of the sender counts as the nonce of the state', async () => {
    const request = { from: authority, to: authority, authorizationList: [await signed(4)] }
    const withNonce = new Map([...overrides, [authority, { nonce: 3n }]])
    expect((await ask(request, { overrides: withNonce })).output).toBe(word(authority))
  })

  test('behavior: the sender of a call is refunded for its own authorization, because the account then exists', async () => {
    const request = { from: authority, to: BOB, authorizationList: [await signed(1)] }
    // 21,000 and 25,000 for the authorization, less the refund of a fifth at most.
    expect((await ask(request)).gasUsed).toBe(46_000n - 9_200n)
    const other = { from: BOB, to: BOB, authorizationList: [await signed(0)] }
    expect((await ask(other)).gasUsed).toBe(46_000n)
  })

  test('behavior: the sender’s nonce grows once, with an own authorization by two', async () => {
    // A created contract's address depends on the creator's nonce: the sender runs CREATE in the code of ELSEWHERE.
    const create = new Map([[ELSEWHERE, { code: `0x600060006000f0${RETURN_TOP}` }]])
    const made = async (request: CallRequest, nonce: bigint) =>
      (await ask({ to: authority, ...request }, { overrides: create }, nonce)).output
    const byOther = await made({ from: BOB, authorizationList: [await signed(6)] }, 6n)
    const byOwn = await made({ from: authority, authorizationList: [await signed(6)] }, 5n)
    expect(byOwn).toBe(byOther)
  })

  test('behavior: the code of a delegating callee is warm from the start, and its authority as well', async () => {
    // The code of ELSEWHERE reads the balance of `address` and drops the value: 3 for the push, 2 for the pop.
    const reading = (address: string) => new Map([[ELSEWHERE, { code: `0x73${address.slice(2)}3150` }]])
    const used = async (address: string) => {
      const request = { from: BOB, to: authority, authorizationList: [await signed(0)] }
      return (await ask(request, { overrides: reading(address) })).gasUsed
    }
    const before = 46_000n + 3n + 2n
    expect(await used(ELSEWHERE)).toBe(before + 100n)
    expect(await used(authority)).toBe(before + 100n)
    expect(await used(`0x${'99'.repeat(20)}`)).toBe(before + 2_600n)
  })

  test('behavior: one of another chain or nonce, or with a broken signature, is passed over', async () => {
    const good = await signed(0)
    const bad = [
      await signed(0, 2),
      await signed(1),
      { ...good, r: good.r + 1n },
      { ...good, s: 0n },
      // The parity is 0 or 1; older signatures add 27.
      { ...good, yParity: good.yParity + 27n },
      { ...good, r: 2n ** 256n - 1n },
    ]
    for (const each of bad) {
      expect((await ask({ to: authority, authorizationList: [each] })).output).toBe('0x')
    }
  })

  test('error: there is none, or nobody to call', async () => {
    await expect(ask({ to: authority, authorizationList: [] })).rejects.toMatchObject({ code: 'callFailed' })
    const creation = ask({ data: '0x', authorizationList: [await signed(0)] })
    await expect(creation).rejects.toMatchObject({ code: 'callFailed' })
  })
})
