/** The box for looking an address up: balance, nonce, code, or the proof of absence. */
import { keccak_256 } from '@noble/hashes/sha3.js'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import type { LightClient, ReadAt } from '../src/index.ts'
import { byId, setText } from './dom.ts'
import { clearError, showError } from './error-view.ts'
import { formatCount, formatElapsed, formatEther, shorten, UNKNOWN } from './format.ts'
import { SIDE } from './keyspace.ts'
import { parseAddress } from './peer-config.ts'
import { blockOf, readOptions, type WalletSource } from './wallet-source.ts'

/** keccak-256 of no bytes: the code hash of accounts without code. */
const EMPTY_CODE_HASH = '0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470'

interface Finding {
  readonly root: string
  /** Number of the block with this root, or `null` if unknown. */
  readonly block: number | null
  readonly elapsedMs: number
  /** `null` if the account is proven absent. */
  readonly account: { readonly balance: bigint; readonly nonce: bigint; readonly codeBytes: number } | null
}

/** Wires the form `#lookup-form` to reads of the client. */
export function attachLookup({ client, at }: Pick<WalletSource, 'client' | 'at'>): void {
  const form = byId('lookup-form', HTMLFormElement)
  const input = byId('address', HTMLInputElement)
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void lookUp(input.value, client, at())
  })
  for (const example of document.querySelectorAll<HTMLButtonElement>('button[data-address]')) {
    example.addEventListener('click', () => {
      input.value = example.dataset['address'] ?? ''
      form.requestSubmit()
    })
  }
}

/** Empties the result. */
export function clearLookup(): void {
  show('idle', 'No address looked up yet.', null)
}

let latest = 0

async function lookUp(text: string, client: () => Promise<LightClient>, at: ReadAt | undefined): Promise<void> {
  const own = ++latest
  clearError()
  try {
    const address = parseAddress(text)
    show('busy', 'Reading…', null)
    markCell(address)
    const finding = await read(await client(), address, at)
    if (own === latest) showFinding(finding)
  } catch (error) {
    if (own !== latest) return
    show('idle', 'Nothing was read.', null)
    showError('lookup-error', error)
  }
}

async function read(client: LightClient, address: string, at: ReadAt | undefined): Promise<Finding> {
  const start = performance.now()
  const options = readOptions(at)
  const { root, value } = await client.getAccount(address, options)
  const hasCode = value !== null && value.codeHash !== EMPTY_CODE_HASH
  const codeBytes = hasCode ? ((await client.getCode(address, options)).value.length - 2) / 2 : 0
  const elapsedMs = performance.now() - start
  const block = await blockOf(client, root)
  return { root, block, elapsedMs, account: value && { balance: value.balance, nonce: value.nonce, codeBytes } }
}

function showFinding(finding: Finding): void {
  if (finding.account === null) show('absent', 'Absent – proven. No account has this address.', finding)
  else show('found', finding.account.codeBytes > 0 ? 'A contract, verified.' : 'An account, verified.', finding)
}

function show(state: 'idle' | 'busy' | 'found' | 'absent', verdict: string, finding: Finding | null): void {
  const account = finding?.account
  byId('result', HTMLElement).dataset['state'] = state
  setText(byId('verdict', HTMLElement), verdict)
  setText(byId('balance', HTMLElement), account ? formatEther(account.balance) : UNKNOWN)
  setText(byId('nonce', HTMLElement), account ? formatCount(account.nonce) : UNKNOWN)
  setText(byId('code-size', HTMLElement), account ? `${formatCount(account.codeBytes)} bytes` : UNKNOWN)
  setText(byId('elapsed', HTMLElement), finding ? formatElapsed(finding.elapsedMs) : UNKNOWN)
  const root = byId('read-root', HTMLElement)
  setText(root, finding ? shorten(finding.root) : UNKNOWN)
  setText(
    byId('read-block', HTMLElement),
    finding && finding.block !== null ? `, block ${formatCount(finding.block)}` : '',
  )
  root.title = finding?.root ?? ''
}

/** Rings the address's cell of the key space: the first three nibbles of the address's hash. */
function markCell(address: string): void {
  const prefix = bytesToHex(keccak_256(hexToBytes(address.slice(2)))).slice(0, 3)
  const cell = Number.parseInt(prefix, 16)
  const marker = byId('marker', HTMLElement)
  marker.hidden = false
  marker.style.left = `${((cell % SIDE) / SIDE) * 100}%`
  marker.style.top = `${(Math.floor(cell / SIDE) / SIDE) * 100}%`
  marker.title = `keys that begin with 0x${prefix}`
}
