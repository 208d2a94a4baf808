/**
 * The source of a sync: the running peer's description (`peer.json`, served by `npm run demo`), and parsers for the two
 * fields. No check here tells whether the peer can be reached.
 */

/** The contents of `peer.json`: the line printed by `rootlight serve --json`, and a name for people. */
export interface PeerConfig {
  /** `0x` and 64 hex digits. */
  readonly root: string
  readonly peerId: string
  readonly multiaddrs: readonly string[]
  readonly accounts: number
  readonly nodes: number
  readonly name: string
  /** If absent: 1, mainnet. */
  readonly chainId?: number
  /** Number of the block with this root. */
  readonly blockNumber?: number
  /** An ERC-20 in the state. */
  readonly token?: TokenConfig
}

/** An ERC-20, with the slot of its mapping of balances. No call returns this slot. */
export interface TokenConfig {
  readonly address: string
  readonly balancesSlot: number
}

/** An invalid field. `field` is the id of the element. */
export class FieldError extends Error {
  override readonly name = 'FieldError'
  readonly field: 'peer' | 'root' | 'address' | 'watch'

  constructor(field: FieldError['field'], message: string) {
    super(message)
    this.field = field
  }
}

/** Fetches the running peer, or `null` if there is none: no server, no such file, or the peer has ended. */
export async function fetchPeerConfig(url: string | URL): Promise<PeerConfig | null> {
  try {
    const response = await fetch(url, { headers: { accept: 'application/json' }, cache: 'no-store' })
    const body: unknown = response.status === 200 ? await response.json() : null
    return isPeerConfig(body) ? body : null
  } catch {
    // The page is offline, or a static host answers every path with an index page: there is no peer to name.
    return null
  }
}

/** Returns the multiaddrs in `text`, one a line or separated by blanks. Throws {@link FieldError}. */
export function parsePeers(text: string): string[] {
  const addresses = text.split(/[\s,]+/).filter((part) => part !== '')
  if (addresses.length === 0) throw new FieldError('peer', 'Enter the multiaddr of at least one peer.')
  for (const address of addresses) {
    if (!address.startsWith('/')) {
      throw new FieldError(
        'peer',
        `“${address}” is not a multiaddr. One looks like /dns4/peer.example/tcp/443/wss/p2p/12D3Koo….`,
      )
    }
    if (!/\/p2p\/[1-9A-HJ-NP-Za-z]+$/.test(address)) {
      throw new FieldError('peer', `The multiaddr “${address}” does not end with the peer’s id, /p2p/12D3Koo….`)
    }
  }
  return [...new Set(addresses)]
}

/** Returns the state root in `text`: `0x` and 64 lower-case hex digits. Throws {@link FieldError}. */
export function parseRoot(text: string): string {
  const digits = text.trim().replace(/^0x/i, '').toLowerCase()
  if (digits === '') throw new FieldError('root', 'Enter a state root that you trust: a block’s stateRoot, for one.')
  if (!/^[0-9a-f]*$/.test(digits))
    throw new FieldError('root', 'A state root is 0x and 64 hex digits; there are other characters in this one.')
  if (digits.length !== 64)
    throw new FieldError('root', `A state root has 64 hex digits; this one has ${digits.length}.`)
  return `0x${digits}`
}

/** Returns the address in `text`, the text of `field`: `0x` and 40 hex digits. Throws {@link FieldError}. */
export function parseAddress(text: string, field: 'address' | 'watch' = 'address'): string {
  const address = text.trim()
  if (address === '') throw new FieldError(field, 'Enter an address.')
  if (!/^0x[0-9a-f]{40}$/i.test(address)) throw new FieldError(field, 'An address is 0x and 40 hex digits.')
  return address
}

function isPeerConfig(value: unknown): value is PeerConfig {
  if (typeof value !== 'object' || value === null) return false
  const { root, multiaddrs } = value as Partial<Record<keyof PeerConfig, unknown>>
  return typeof root === 'string' && Array.isArray(multiaddrs) && multiaddrs.every((it) => typeof it === 'string')
}
