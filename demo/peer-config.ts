/**
 * What the page syncs from: the running peer's own words (`peer.json`, served by `npm run demo`), and the reading of the
 * two fields that a person may have typed into. Says nothing about whether the peer can be reached.
 */

/** What `peer.json` holds: the line that `rootlight serve --json` prints, and a name for people. */
export interface PeerConfig {
  /** `0x` and 64 hex digits. */
  readonly root: string
  readonly peerId: string
  readonly multiaddrs: readonly string[]
  readonly accounts: number
  readonly nodes: number
  readonly name: string
  /** Left out: mainnet, 1. */
  readonly chainId?: number
  /** Of the block with this root. */
  readonly blockNumber?: number
  /** An ERC-20 in the state. */
  readonly token?: TokenConfig
}

/** An ERC-20, and what no call tells: in which slot its mapping of balances is. */
export interface TokenConfig {
  readonly address: string
  readonly balancesSlot: number
}

/** A field that cannot be read. `field` is the id of its element. */
export class FieldError extends Error {
  override readonly name = 'FieldError'
  readonly field: 'peer' | 'root' | 'address' | 'watch'

  constructor(field: FieldError['field'], message: string) {
    super(message)
    this.field = field
  }
}

/** The running peer, or `null` where there is none: no server, no such file, or the peer has ended. */
export async function fetchPeerConfig(url: string | URL): Promise<PeerConfig | null> {
  try {
    const response = await fetch(url, { headers: { accept: 'application/json' }, cache: 'no-store' })
    const body: unknown = response.status === 200 ? await response.json() : null
    return isPeerConfig(body) ? body : null
  } catch {
    // Offline, or a static host that answers every path with its index page: there is no peer to name.
    return null
  }
}

/** The multiaddrs in `text`, one a line or separated by blanks. Throws {@link FieldError}. */
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

/** The state root in `text`: `0x` and 64 lower-case hex digits. Throws {@link FieldError}. */
export function parseRoot(text: string): string {
  const digits = text.trim().replace(/^0x/i, '').toLowerCase()
  if (digits === '') throw new FieldError('root', 'Enter a state root that you trust: a block’s stateRoot, for one.')
  if (!/^[0-9a-f]*$/.test(digits))
    throw new FieldError('root', 'A state root is 0x and 64 hex digits; there are other characters in this one.')
  if (digits.length !== 64)
    throw new FieldError('root', `A state root has 64 hex digits; this one has ${digits.length}.`)
  return `0x${digits}`
}

/** The address in `text`, which stands in `field`: `0x` and 40 hex digits. Throws {@link FieldError}. */
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
