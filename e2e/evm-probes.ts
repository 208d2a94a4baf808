/**
 * Calls whose outcome and gas tell one EVM from another. An override of the state puts the code at an address. So any
 * client can be asked, whatever its genesis.
 */
import { ADDRESSES } from '../demo/contracts/wallet-genesis.ts'
import type { Requester } from './wallet-questions.ts'

const { alice, carol, absent, token } = ADDRESSES
/** The address of a probe's code. */
const PROBE = `0x${'e0'.repeat(20)}`
/** An account with its code delegated to the token, by EIP-7702. */
const DELEGATE = `0x${'d0'.repeat(20)}`
const SYMBOL = '0x95d89b41'
const SLOT = `0x${'1'.padStart(64, '0')}`
const FIVE = `0x${'5'.padStart(64, '0')}`

/** Pushes an address. */
const push = (address: string) => `73${address.slice(2)}`
/** Calls a precompile with one word. If the call fails, fails as well, by a jump to an invalid place. */
const precompile = (number: string) => `6020600060206000${number}5afa15600057`
/** Returns the top of the stack. */
const RETURN_TOP = '60005260206000f3'
/** Constructs a contract of ten bytes, which returns 42. */
const CREATION = '0x600a600c600039600a6000f3602a60005260206000f3'

/** Slot 1 holds 5 before each probe. */
const CODES: Readonly<Record<string, string>> = {
  'gas of a precompile, as the call sees it': `5a${precompile('6004')}5a9003${RETURN_TOP}`,
  ecrecover: precompile('6001'),
  sha256: precompile('6002'),
  modexp: precompile('6005'),
  'sum of two points': precompile('6006'),
  'P-256, from Osaka on': precompile('610100'),
  'a slot written twice': '60016000556002600055',
  'a slot written and cleared': '60016000556000600055',
  'a slot cleared, with a refund': '6000600155',
  'a slot cleared and restored': '60006001556005600155',
  'a slot read cold and warm': `60015460015401${RETURN_TOP}`,
  'a transient slot, from Cancun on': `600560015d60015c${RETURN_TOP}`,
  'leading zeros, from Osaka on': `60011e${RETURN_TOP}`,
  'balances: own, and the coinbase’s': `47413101${RETURN_TOP}`,
  'balances: cold and warm': `${push(token)}31${push(token)}3101${RETURN_TOP}`,
  'code of others': `${push(token)}3b${push(absent)}3f${push(carol)}3f0101${RETURN_TOP}`,
  'code of its own': `303f${RETURN_TOP}`,
  'a contract created': `600060006000f0${RETURN_TOP}`,
  'a contract created at an address of its code': `6000600060006000f5${RETURN_TOP}`,
  'value sent to nobody': `60006000600060006001${push(absent)}5af1${RETURN_TOP}`,
  'more value than there is': `6000600060006000620fffff${push(absent)}5af1${RETURN_TOP}`,
  'a call to itself that reverts': `3660195760006000600160006000305af1${RETURN_TOP}5b60006000fd`,
  'a call to a delegate, from Prague on': `63${SYMBOL.slice(2)}600052600060006004601c6000${push(DELEGATE)}5af115600057`,
  'its own end': '33ff',
  'origin and price': `323a01${RETURN_TOP}`,
  'a loop': '6103e85b600190038060035700',
  'a revert with a word': '600160005260206000fd',
  'an opcode that there is not': 'fe',
}

const TRANSACTIONS: Readonly<Record<string, object>> = {
  'data to an account without code': { to: carol, data: `0x${'00ff'.repeat(300)}` },
  'data to a precompile': { to: `0x${'0'.repeat(39)}4`, data: '0xabcdef' },
  'nothing to a precompile': { to: `0x${'0'.repeat(39)}4` },
  'a creation': { data: CREATION },
  'a creation with value': { data: CREATION, value: '0x5' },
  'a creation with more value than there is': { data: CREATION, value: `0x${'f'.repeat(20)}` },
  'data to a delegate, from Prague on': { to: DELEGATE, data: SYMBOL },
  'an access list': { to: token, accessList: [{ address: token, storageKeys: [SLOT] }], data: '0x18160ddd' },
  'a fee': { to: PROBE, gas: '0x186a0', maxFeePerGas: '0x12a05f200', maxPriorityFeePerGas: '0x1' },
}

/** Returns the result and the gas of each probe, by its name. */
export async function askProbes(provider: Requester): Promise<Readonly<Record<string, unknown>>> {
  const answers: Record<string, unknown> = {}
  const ask = async (name: string, transaction: object, code: string) => {
    const account = { code: `0x${code}`, balance: '0x64', stateDiff: { [SLOT]: FIVE } }
    const overrides = { [PROBE]: account, [DELEGATE]: { code: `0xef0100${token.slice(2)}` } }
    const params = [{ from: alice, ...transaction }, 'latest', overrides] as never
    const output = await provider.request({ method: 'eth_call', params }).catch(refusal)
    const gas = await provider.request({ method: 'eth_estimateGas', params }).catch(refusal)
    answers[name] = { output, gas }
  }
  for (const [name, code] of Object.entries(CODES)) await ask(name, { to: PROBE }, code)
  for (const [name, transaction] of Object.entries(TRANSACTIONS)) await ask(name, transaction, `3a3331${RETURN_TOP}`)
  return answers
}

/**
 * Returns the comparable part of a refusal: the revert's data. Clients differ in their words, and in all other codes.
 */
function refusal({ code, data }: { readonly code?: number; readonly data?: unknown }): object {
  return code === 3 ? { reverted: data } : { refused: true }
}
