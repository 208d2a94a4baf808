/**
 * The questions of a wallet, through the two most common libraries: the same calls for any provider, in a page or in
 * Node, with answers as plain JSON. The answer to a refused call is the library's form of the refusal.
 */
import { BrowserProvider, Contract, type Eip1193Provider as EthersProvider } from 'ethers'
import {
  createPublicClient,
  createWalletClient,
  custom,
  defineChain,
  encodeFunctionData,
  type PublicClient,
  parseAbi,
} from 'viem'
import { ADDRESSES, CHAIN_ID } from '../demo/contracts/wallet-genesis.ts'
import { mappingSlot } from '../demo/mapping-slot.ts'

export type Requester = { request(args: { method: string; params?: never }): Promise<unknown> }
/** Answers by the name of the question. */
export type Answers = Readonly<Record<string, unknown>>

const TOKEN_ABI = [
  'function name() view returns (string)',
  'function symbol() view returns (string)',
  'function decimals() view returns (uint8)',
  'function totalSupply() view returns (uint256)',
  'function balanceOf(address owner) view returns (uint256)',
  'function allowance(address owner, address spender) view returns (uint256)',
  'function transfer(address to, uint256 value) returns (bool)',
  'function transferFrom(address from, address to, uint256 value) returns (bool)',
  'error NotAllowed(address owner, address spender, uint256 allowed, uint256 needed)',
] as const

const token = { address: ADDRESSES.token, abi: parseAbi(TOKEN_ABI) } as const
const { alice, bob, carol, absent } = ADDRESSES
const EVERYBODY = [alice, bob, carol, absent, ADDRESSES.token, ADDRESSES.context, ADDRESSES.multicall3] as const
/** Alice's balance, the supply, and two empty slots. */
const SLOTS = [
  mappingSlot(alice, 0n),
  `0x${'2'.padStart(64, '0')}`,
  mappingSlot(carol, 0n),
  `0x${'9'.padStart(64, '0')}`,
] as const

const chain = defineChain({
  id: CHAIN_ID,
  name: 'test',
  nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
  rpcUrls: { default: { http: [] } },
  contracts: { multicall3: { address: ADDRESSES.multicall3 } },
})

/** Returns a transfer of tokens as viem prepares it for signing. */
export async function prepareWithViem(provider: Requester): Promise<Answers> {
  const client = createWalletClient({ chain, transport: custom(provider as never, { retryCount: 0 }) })
  const data = encodeFunctionData({ abi: token.abi, functionName: 'transfer', args: [carol, 5n] })
  return plain(await client.prepareTransactionRequest({ account: alice, to: token.address, data })) as Answers
}

/** Asks by viem. */
export async function askWithViem(provider: Requester): Promise<Answers> {
  const client = createPublicClient({ chain, transport: custom(provider as never, { retryCount: 0 }) })
  return answersOf({ ...stateQuestions(client), ...tokenQuestions(client) })
}

function stateQuestions(client: PublicClient): Questions {
  const questions: Questions = { chainId: () => client.getChainId() }
  for (const address of EVERYBODY) {
    questions[`balance ${address}`] = () => client.getBalance({ address })
    questions[`nonce ${address}`] = () => client.getTransactionCount({ address })
    questions[`code ${address}`] = async () => (await client.getCode({ address })) ?? '0x'
    questions[`proof ${address}`] = () => client.getProof({ address, storageKeys: [...SLOTS] })
  }
  for (const slot of SLOTS) questions[`slot ${slot}`] = () => client.getStorageAt({ address: ADDRESSES.token, slot })
  questions['transfer of ether'] = () => client.estimateGas({ account: alice, to: carol, value: 5n })
  questions['more ether than there is'] = () => client.call({ account: bob, to: carol, value: 5n })
  return questions
}

function tokenQuestions(client: PublicClient): Questions {
  const read = (functionName: 'name' | 'symbol' | 'decimals' | 'totalSupply') => () =>
    client.readContract({ ...token, functionName })
  const questions: Questions = {
    name: read('name'),
    symbol: read('symbol'),
    decimals: read('decimals'),
    totalSupply: read('totalSupply'),
    allowance: () => client.readContract({ ...token, functionName: 'allowance', args: [alice, bob] }),
  }
  for (const owner of [alice, bob, carol, absent]) {
    questions[`tokens ${owner}`] = () => client.readContract({ ...token, functionName: 'balanceOf', args: [owner] })
  }
  questions['transfer of tokens'] = () =>
    client.simulateContract({ ...token, account: alice, functionName: 'transfer', args: [carol, 5n] }).then(resultOf)
  questions['more tokens than there are'] = () =>
    client.simulateContract({ ...token, account: bob, functionName: 'transfer', args: [carol, 10n ** 18n] })
  questions['more than is allowed'] = () =>
    client.simulateContract({ ...token, account: bob, functionName: 'transferFrom', args: [alice, bob, 778n] })
  questions['gas of a transfer of tokens'] = () =>
    client.estimateContractGas({ ...token, account: alice, functionName: 'transfer', args: [carol, 5n] })
  questions['multicall'] = () =>
    client.multicall({
      contracts: [
        { ...token, functionName: 'balanceOf', args: [alice] },
        { ...token, functionName: 'symbol' },
        { ...token, functionName: 'transferFrom', args: [alice, bob, 1n] }, // Multicall3 may not
      ],
    })
  questions['nobody’s contract'] = () => client.call({ to: absent, data: '0x12345678' })
  return questions
}

/** Asks by ethers. */
export async function askWithEthers(provider: Requester): Promise<Answers> {
  const ethers = new BrowserProvider(provider as unknown as EthersProvider, CHAIN_ID)
  const contract = new Contract(ADDRESSES.token, TOKEN_ABI, ethers)
  const call = (name: string, ...args: unknown[]) => contract.getFunction(name).staticCall(...args)
  const questions: Questions = {
    chainId: async () => (await ethers.getNetwork()).chainId,
    name: () => call('name'),
    symbol: () => call('symbol'),
    decimals: () => call('decimals'),
    totalSupply: () => call('totalSupply'),
    allowance: () => call('allowance', alice, bob),
    'transfer of tokens': () => call('transfer', carol, 5n, { from: alice }),
    'more tokens than there are': () => call('transfer', carol, 10n ** 18n, { from: bob }),
    'more than is allowed': () => call('transferFrom', alice, bob, 778n, { from: bob }),
    'transfer of ether': () => ethers.estimateGas({ from: alice, to: carol, value: 5n }),
  }
  for (const address of EVERYBODY) {
    questions[`balance ${address}`] = () => ethers.getBalance(address)
    questions[`nonce ${address}`] = () => ethers.getTransactionCount(address)
    questions[`code ${address}`] = () => ethers.getCode(address)
    questions[`tokens ${address}`] = () => call('balanceOf', address)
  }
  for (const slot of SLOTS) questions[`slot ${slot}`] = () => ethers.getStorage(ADDRESSES.token, slot)
  const answers = await answersOf(questions)
  ethers.destroy()
  return answers
}

type Questions = Record<string, () => Promise<unknown>>

async function answersOf(questions: Questions): Promise<Answers> {
  const answers: Record<string, unknown> = {}
  for (const [name, ask] of Object.entries(questions)) answers[name] = plain(await ask().catch(refusal))
  return answers
}

/** Returns a refusal in the libraries' form: the name of its kind, and the decoded data. */
function refusal(error: unknown): object {
  const { code, revert, reason, walk } = error as {
    code?: unknown
    revert?: unknown
    reason?: unknown
    walk?: (what: (e: unknown) => boolean) => unknown
  }
  const reverted = walk?.call(error, (each) => (each as Error).name === 'ContractFunctionRevertedError') as
    | { reason?: string; data?: { errorName?: string; args?: unknown } }
    | undefined
  if (reverted != null)
    return { refused: 'reverted', reason: reverted.reason, error: reverted.data?.errorName, args: reverted.data?.args }
  return { refused: (error as Error).name, code, revert, reason }
}

const resultOf = ({ result }: { readonly result: unknown }) => result

function plain(value: unknown): unknown {
  const text = JSON.stringify(value ?? null, (_, each: unknown) => (typeof each === 'bigint' ? `${each}` : each))
  return JSON.parse(text)
}
