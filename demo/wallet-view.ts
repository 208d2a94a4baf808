/**
 * The watched addresses with their balances. Each is read as soon as it is there, before a sync and while one runs, and again
 * when another state is complete. What is shown was verified; where it is not here, the row says so.
 */
import { isRootlightError, type LightClient, type ReadAt } from '../src/index.ts'
import { byId, create, setText } from './dom.ts'
import { formatAmount, formatEther, shorten, UNKNOWN } from './format.ts'
import { proofElement } from './proof-view.ts'
import { tokenBalance } from './token.ts'
import { readErrorText } from './words.ts'

export interface WalletSource {
  /** The client that is open. */
  client(): Promise<LightClient>
  /** The root to read at; `undefined`: what the client takes. */
  at(): ReadAt | undefined
  /** Address of an ERC-20; `null`: there is none. */
  token(): string | null
}

export class WalletView {
  readonly #source: WalletSource
  readonly #onRemove: (address: string) => void
  readonly #list = byId('watched', HTMLUListElement)
  readonly #rows = new Map<string, Row>()

  constructor(source: WalletSource, onRemove: (address: string) => void) {
    this.#source = source
    this.#onRemove = onRemove
  }

  /** Shows these addresses, in this order. Those that are new are read. */
  show(addresses: readonly string[]): void {
    for (const [address, row] of this.#rows) {
      if (addresses.includes(address)) continue
      row.element.remove()
      this.#rows.delete(address)
    }
    for (const address of addresses) {
      if (this.#rows.has(address)) continue
      const row = new Row(address, this.#source, () => this.#onRemove(address))
      this.#rows.set(address, row)
      this.#list.append(row.element)
      void row.read()
    }
    byId('no-watched', HTMLElement).hidden = addresses.length > 0
  }

  /** Reads all of them again. */
  refresh(): void {
    for (const row of this.#rows.values()) void row.read()
  }
}

class Row {
  readonly element = create('li', 'watched')
  readonly #address: string
  readonly #source: WalletSource
  readonly #ether = create('span', 'amount', UNKNOWN)
  readonly #tokens = create('span', 'amount', UNKNOWN)
  readonly #note = create('p', 'hint note')
  readonly #proofButton = create('button', 'link', 'Proof')
  readonly #proof = create('div', '')
  /** Of the read that was begun last. */
  #reading = 0

  constructor(address: string, source: WalletSource, remove: () => void) {
    this.#address = address
    this.#source = source
    this.element.dataset['address'] = address
    const name = create('span', 'hash name', shorten(address, 10, 8))
    name.title = address
    const removal = create('button', 'link', 'Remove')
    removal.type = 'button'
    removal.setAttribute('aria-label', `Watch ${address} no more`)
    removal.addEventListener('click', remove)
    this.#proofButton.type = 'button'
    this.#proofButton.ariaExpanded = 'false'
    this.#proofButton.setAttribute('aria-label', `Proof of ${address}`)
    this.#proofButton.addEventListener('click', () => void this.#toggleProof())
    this.#ether.dataset['testid'] = 'ether'
    this.#tokens.dataset['testid'] = 'tokens'
    this.#note.dataset['testid'] = 'note'
    const buttons = create('span', 'actions')
    buttons.append(this.#proofButton, removal)
    this.element.append(name, this.#ether, buttons, this.#tokens, this.#note, this.#proof)
  }

  async read(): Promise<void> {
    const reading = ++this.#reading
    const isLatest = () => reading === this.#reading
    try {
      const client = await this.#source.client()
      const { root, value } = await client.getAccount(this.#address, this.#options())
      if (!isLatest()) return
      this.element.dataset['state'] = 'verified'
      setText(this.#ether, formatEther(value?.balance ?? 0n))
      setText(
        this.#note,
        `${value === null ? 'No such account, which is proven. V' : 'V'}erified against ${shorten(root)}`,
      )
      await this.#readTokens(client, isLatest)
    } catch (error) {
      if (!isLatest()) return
      this.element.dataset['state'] = 'missing'
      setText(this.#ether, UNKNOWN)
      setText(this.#tokens, UNKNOWN)
      setText(this.#note, readErrorText(error))
    }
  }

  async #readTokens(client: LightClient, isLatest: () => boolean): Promise<void> {
    const token = this.#source.token()
    let text = ''
    if (token !== null) {
      try {
        const { amount, decimals, symbol } = await tokenBalance(client, token, this.#address)
        text = `${formatAmount(amount, decimals)} ${symbol}`
      } catch {
        // Before a sync no state is the latest; and not every contract is a token.
        text = `${UNKNOWN} tokens`
      }
    }
    if (isLatest()) setText(this.#tokens, text)
  }

  async #toggleProof(): Promise<void> {
    const isOpen = this.#proofButton.ariaExpanded === 'true'
    this.#proofButton.ariaExpanded = isOpen ? 'false' : 'true'
    this.#proof.replaceChildren()
    if (isOpen) return
    try {
      const client = await this.#source.client()
      const [proof, { complete, target }] = await Promise.all([
        client.getProof(this.#address, [], this.#options()),
        client.status(),
      ])
      const state = [complete, target].find((each) => each?.root === proof.root)
      this.#proof.replaceChildren(proofElement(proof, state?.blockNumber ?? null))
    } catch (error) {
      this.#proof.replaceChildren(create('p', 'hint', isRootlightError(error) ? readErrorText(error) : String(error)))
    }
  }

  #options(): { readonly at?: ReadAt } {
    const at = this.#source.at()
    return at === undefined ? {} : { at }
  }
}
