/**
 * A watched address: balance, nonce and tokens, the verified root, and the proof on demand. The row reads as soon as
 * possible, before a sync and during one. All shown values are verified, and the row names missing values.
 */
import type { AccountValue, Answer, LightClient } from '../src/index.ts'
import { create, setText } from './dom.ts'
import { formatAmount, formatCount, formatEther, shorten, UNKNOWN } from './format.ts'
import { ProofPanel } from './proof-panel.ts'
import { type TokenAmount, tokenBalance } from './token.ts'
import { blockOf, readOptions, type WalletSource } from './wallet-source.ts'
import { againstText, codeOf, readErrorText } from './words.ts'

export class WatchedRow {
  readonly element = create('li', 'watched')
  readonly #address: string
  readonly #source: WalletSource
  readonly #ether = create('span', 'amount', UNKNOWN)
  readonly #nonce = create('span', 'nonce', `Nonce ${UNKNOWN}`)
  readonly #tokens = create('span', 'amount')
  readonly #place = create('span', 'place')
  readonly #note = create('span', '', 'Reading…')
  readonly #code = create('code', '')
  readonly #proof: ProofPanel
  /** Number of the last read started. */
  #reading = 0
  #isComplete = false

  constructor(address: string, source: WalletSource, remove: () => void) {
    this.#address = address
    this.#source = source
    this.#proof = new ProofPanel(address, source)
    this.element.dataset['address'] = address
    this.element.dataset['state'] = 'reading'
    for (const [id, element] of Object.entries({ ether: this.#ether, nonce: this.#nonce, tokens: this.#tokens })) {
      element.dataset['testid'] = id
    }
    const name = create('span', 'hash name', shorten(address, 8, 6))
    name.title = address
    const removal = create('button', 'link', 'Remove')
    removal.type = 'button'
    removal.setAttribute('aria-label', `Remove ${address}`)
    removal.addEventListener('click', remove)
    const note = create('p', 'hint note')
    note.dataset['testid'] = 'note'
    note.append(this.#place, this.#note, ' ', this.#code)
    this.element.append(
      line('watched-line', name, this.#ether),
      line('watched-line', this.#nonce, this.#tokens),
      note,
      line('actions', this.#proof.button, removal),
      this.#proof.element,
    )
  }

  /** False while a value is missing. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  async read(): Promise<void> {
    const reading = ++this.#reading
    const isLatest = () => reading === this.#reading
    this.#isComplete = false
    void this.#proof.refresh()
    try {
      const client = await this.#source.client()
      const account = await client.getAccount(this.#address, readOptions(this.#source.at()))
      const block = await blockOf(client, account.root)
      if (!isLatest()) return
      this.#showAccount(account, block)
      await this.#readTokens(client, account.root, isLatest)
    } catch (error) {
      if (isLatest()) this.#showError(error)
    }
  }

  #showAccount({ value, root }: Answer<AccountValue | null>, block: number | null): void {
    this.element.dataset['state'] = 'verified'
    const isOnDisk = this.#source.isOnDisk(this.#address, root)
    this.#place.dataset['place'] = isOnDisk ? 'disk' : 'peer'
    setText(this.#place, isOnDisk ? 'On this disk' : 'Fetched')
    setText(this.#ether, formatEther(value?.balance ?? 0n))
    setText(this.#nonce, value === null ? 'Absent' : `Nonce ${formatCount(value.nonce)}`)
    setText(this.#note, `${value === null ? 'Proven absent' : 'Verified'} against ${againstText(root, block)}.`)
    setText(this.#code, '')
    this.#note.title = root
  }

  #showError(error: unknown): void {
    this.element.dataset['state'] = 'missing'
    this.#place.dataset['place'] = ''
    setText(this.#place, '')
    setText(this.#ether, UNKNOWN)
    setText(this.#nonce, `Nonce ${UNKNOWN}`)
    setText(this.#tokens, '')
    setText(this.#note, readErrorText(error))
    setText(this.#code, codeOf(error))
    this.#note.title = ''
  }

  async #readTokens(client: LightClient, root: string, isLatest: () => boolean): Promise<void> {
    const token = this.#source.token()
    if (token === null) {
      if (isLatest()) setText(this.#tokens, '')
      this.#isComplete = true
      return
    }
    try {
      if (this.#tokens.textContent === '') setText(this.#tokens, '…')
      const amount = await tokenBalance(client, token.address, this.#address)
      if (!isLatest()) return
      this.#isComplete = amount !== null
      setText(this.#tokens, amount === null ? '' : tokenText(amount, root))
      this.#tokens.title = amount === null ? '' : `Verified against ${amount.root}`
    } catch (error) {
      if (!isLatest()) return
      setText(this.#tokens, `${UNKNOWN} tokens`)
      this.#tokens.title = readErrorText(error)
    }
  }
}

/** Formats a token balance. The latest state may have another root than the field: then the text names the root. */
function tokenText({ amount, decimals, symbol, root }: TokenAmount, other: string): string {
  const text = `${formatAmount(amount, decimals)} ${symbol}`
  return root === other ? text : `${text} at ${shorten(root)}`
}

function line(className: string, ...parts: readonly HTMLElement[]): HTMLElement {
  const element = create('div', className)
  element.append(...parts)
  return element
}
