/** The content of the genesis files, for comparison. Storage roots come from `@ethereumjs/mpt`, not from us. */
import { getGenesis } from '@ethereumjs/genesis'
import { MerklePatriciaTrie } from '@ethereumjs/mpt'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { encodeSlot } from '../src/trie/account.ts'
import { keccak256 } from '../src/trie/keccak.ts'

export type GenesisName = 'mainnet' | 'holesky' | 'hoodi'

export interface ExpectedAccount {
  readonly address: string
  /** Decimal, like the balance: values leave a page as JSON. */
  readonly nonce: string
  readonly balance: string
  readonly storageRoot: string
  readonly codeHash: string
}

export interface ExpectedContract {
  readonly address: string
  readonly code: string
  /** `0x` and 64 hex digits each. */
  readonly slots: readonly (readonly [slot: string, value: string])[]
}

export interface ExpectedState {
  readonly accounts: readonly ExpectedAccount[]
  readonly contracts: readonly ExpectedContract[]
}

const CHAIN_IDS: Readonly<Record<GenesisName, number>> = { mainnet: 1, holesky: 17000, hoodi: 560048 }

/** Returns the whole content of a genesis file. */
export async function genesisOf(name: GenesisName): Promise<ExpectedState> {
  const accounts: ExpectedAccount[] = []
  const contracts: ExpectedContract[] = []
  for (const [address, entry] of Object.entries(getGenesis(CHAIN_IDS[name])!)) {
    const [balance, code = '0x', slots = [], nonce = '0x0'] = typeof entry === 'string' ? [entry] : entry
    const contract = {
      address,
      code,
      slots: slots.map(([slot, value]: readonly [string, string]) => [wordOf(slot), wordOf(value)] as const),
    }
    if (code !== '0x') contracts.push(contract)
    accounts.push({
      address,
      nonce: BigInt(nonce).toString(),
      balance: BigInt(balance).toString(),
      storageRoot: `0x${bytesToHex(await storageRootOf(contract))}`,
      codeHash: `0x${bytesToHex(keccak256(hexToBytes(code.slice(2))))}`,
    })
  }
  return { accounts, contracts }
}

async function storageRootOf({ slots }: ExpectedContract): Promise<Uint8Array> {
  const trie = new MerklePatriciaTrie()
  for (const [slot, value] of slots) {
    await trie.put(keccak256(hexToBytes(slot.slice(2))), encodeSlot(BigInt(value)))
  }
  return trie.root()
}

function wordOf(hex: string): string {
  return `0x${BigInt(hex).toString(16).padStart(64, '0')}`
}
