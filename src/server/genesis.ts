/**
 * The genesis of public chains: their blocks, and their states from the optional package `@ethereumjs/genesis`, with
 * the expected roots.
 */
import { hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { missingPackage, ServerError } from './error.ts'
import type { GenesisBlock } from './genesis-block.ts'
import type { StateRecord } from './state-record.ts'

/** The names of chains with a known genesis block. */
export type GenesisName = 'mainnet' | 'sepolia' | 'holesky' | 'hoodi'

/** The genesis block of a public chain. */
export interface KnownGenesis {
  readonly name: GenesisName
  readonly chainId: number
  /** The state root in the header of block 0, 64 hex digits. */
  readonly root: string
  readonly block: GenesisBlock
}

/**
 * The known genesis blocks. A test makes each header with this root, and compares the block hash with the one checked
 * by every client.
 */
export const KNOWN_GENESIS: readonly KnownGenesis[] = [
  {
    name: 'mainnet',
    chainId: 1,
    root: 'd7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544',
    block: {
      fork: 'frontier',
      difficulty: 17_179_869_184n,
      gasLimit: 5000n,
      nonce: 0x42n,
      extraData: hexToBytes('11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa'),
    },
  },
  {
    name: 'sepolia',
    chainId: 11155111,
    root: '5eb6e371a698b8d68f665192350ffcecbbbf322916f4b51bd79bb6887da3f494',
    block: {
      fork: 'london',
      difficulty: 131_072n,
      gasLimit: 30_000_000n,
      timestamp: 1_633_267_481n,
      extraData: utf8ToBytes('Sepolia, Athens, Attica, Greece!'),
    },
  },
  {
    name: 'holesky',
    chainId: 17000,
    root: '69d8c9d72f6fa4ad42d4702b433707212f90db395eb54dc20bc85de253788783',
    block: { fork: 'london', difficulty: 1n, gasLimit: 25_000_000n, timestamp: 1_695_902_100n, nonce: 0x1234n },
  },
  {
    name: 'hoodi',
    chainId: 560048,
    root: 'da87d7f5f91c51508791bbcbd4aa5baf04917830b86985eeb9ad3d5bfb657576',
    block: { fork: 'cancun', difficulty: 1n, gasLimit: 36_000_000n, timestamp: 1_742_212_800n, nonce: 0x1234n },
  },
]

/** Returns the known genesis with this name, or `undefined`. */
export function knownGenesis(name: string): KnownGenesis | undefined {
  return KNOWN_GENESIS.find((genesis) => genesis.name === name)
}

/** Yields the records of a known genesis state. Throws `missingPackage`. */
export async function* knownGenesisRecords({ name, chainId }: KnownGenesis): AsyncGenerator<StateRecord> {
  const { getGenesis } = await import('@ethereumjs/genesis').catch((cause: unknown) => {
    throw missingPackage('@ethereumjs/genesis', cause)
  })
  const state = getGenesis(chainId)
  if (state === undefined) throw new ServerError('unknownGenesis', `@ethereumjs/genesis does not know ${name}`)
  for (const [address, account] of Object.entries(state)) {
    const [balance, code = '0x', slots = [], nonce = '0x0'] = typeof account === 'string' ? [account] : account
    yield* recordsOfAccount(bytesOfHex(address), balance, code, slots, nonce)
  }
}

function* recordsOfAccount(
  address: Uint8Array,
  balance: string,
  code: string,
  slots: readonly (readonly [string, string])[],
  nonce: string,
): Generator<StateRecord> {
  const account = { kind: 'account', address, nonce: BigInt(nonce), balance: BigInt(balance) } as const
  yield code === '0x' ? account : { ...account, code: bytesOfHex(code) }
  for (const [slot, value] of slots) yield { kind: 'slot', address, slot: BigInt(slot), value: BigInt(value) }
}

function bytesOfHex(text: string): Uint8Array {
  return hexToBytes(text.replace(/^0x/, ''))
}
