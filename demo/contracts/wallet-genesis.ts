/**
 * A chain with a genesis for wallets: accounts, an ERC-20 with balances, Multicall3, and a contract returning the
 * context of its block. In the form of geth's genesis.json, with the rules of Shanghai from the beginning.
 */
import { mappingSlot } from '../mapping-slot.ts'
import { CONTEXT, MULTICALL3, TOKEN } from './bytecode.ts'

export const CHAIN_ID = 1337

export const ADDRESSES = {
  alice: '0xa11ce00000000000000000000000000000000001',
  bob: '0xb0b0000000000000000000000000000000000002',
  carol: '0xca70100000000000000000000000000000000003',
  /** An address without an account. */
  absent: '0xab5e000000000000000000000000000000000000',
  token: '0x70ce000000000000000000000000000000000010',
  context: '0xc0de000000000000000000000000000000000011',
  /** A contract looping until the gas is used up. */
  circle: '0xc19c1e0000000000000000000000000000000012',
  multicall3: '0xca11bde05977b3631167028862be2a173976ca11',
} as const

/** Balances of the token, with six decimals. */
const TOKEN_BALANCES = {
  [ADDRESSES.alice]: 1_234_567_890n,
  [ADDRESSES.bob]: 5_000_000n,
} as const

const TOKEN_SUPPLY = 1_239_567_890n
/** The amount of Alice's tokens allowed to Bob. */
const TOKEN_ALLOWANCE = 777n

export const WALLET_GENESIS = {
  config: {
    chainId: CHAIN_ID,
    homesteadBlock: 0,
    eip150Block: 0,
    eip155Block: 0,
    eip158Block: 0,
    byzantiumBlock: 0,
    constantinopleBlock: 0,
    petersburgBlock: 0,
    istanbulBlock: 0,
    berlinBlock: 0,
    londonBlock: 0,
    mergeNetsplitBlock: 0,
    shanghaiTime: 0,
    terminalTotalDifficulty: 0,
    terminalTotalDifficultyPassed: true,
  },
  nonce: '0x0',
  timestamp: '0x65000000',
  extraData: '0x',
  gasLimit: '0x1c9c380',
  difficulty: '0x0',
  mixHash: `0x${'5a'.repeat(32)}`,
  coinbase: '0xc01ba5e000000000000000000000000000000099',
  baseFeePerGas: '0x3b9aca00',
  alloc: {
    [ADDRESSES.alice]: { balance: '0x8ac7230489e80000', nonce: '0x5' },
    [ADDRESSES.bob]: { balance: '0x1', nonce: '0x0' },
    [ADDRESSES.carol]: { balance: '0x0', nonce: '0x1' },
    [ADDRESSES.token]: {
      balance: '0x0',
      nonce: '0x1',
      code: `0x${TOKEN}`,
      storage: {
        ...Object.fromEntries(
          Object.entries(TOKEN_BALANCES).map(([owner, balance]) => [mappingSlot(owner, 0n), word(balance)]),
        ),
        [mappingSlot(ADDRESSES.bob, BigInt(mappingSlot(ADDRESSES.alice, 1n)))]: word(TOKEN_ALLOWANCE),
        [word(2n)]: word(TOKEN_SUPPLY),
      },
    },
    [ADDRESSES.context]: { balance: '0x7', nonce: '0x1', code: `0x${CONTEXT}` },
    [ADDRESSES.circle]: { balance: '0x0', nonce: '0x1', code: '0x5b600056' },
    [ADDRESSES.multicall3]: { balance: '0x0', nonce: '0x1', code: `0x${MULTICALL3}` },
  },
} as const

function word(value: bigint): `0x${string}` {
  return `0x${value.toString(16).padStart(64, '0')}`
}
