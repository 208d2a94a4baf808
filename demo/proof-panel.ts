/** The proof of a watched address, behind a button: for the account, and for the token balance. */
import type { LightClient, ReadAt } from '../src/index.ts'
import { create } from './dom.ts'
import { formatCount, formatEther } from './format.ts'
import { mappingSlot } from './mapping-slot.ts'
import type { TokenConfig } from './peer-config.ts'
import { type Proven, proofElement } from './proof-view.ts'
import { blockOf, readOptions, type WalletSource } from './wallet-source.ts'
import { readErrorText } from './words.ts'

export class ProofPanel {
  readonly button = create('button', 'link', 'Proof')
  readonly element = create('div', '')
  readonly #address: string
  readonly #source: WalletSource
  /** Number of the last read started. */
  #reading = 0
  /** The contents of the element as text. Unchanged contents stay, together with unfolded details. */
  #shown = ''

  constructor(address: string, source: WalletSource) {
    this.#address = address
    this.#source = source
    this.button.type = 'button'
    this.button.ariaExpanded = 'false'
    this.button.setAttribute('aria-label', `Proof of ${address}`)
    this.button.addEventListener('click', () => {
      this.button.ariaExpanded = this.#isOpen ? 'false' : 'true'
      if (this.#isOpen) this.#show('…', () => create('p', 'hint proof', 'Reading…'))
      void this.refresh()
    })
  }

  /** Shows the current proof, if the panel is open. */
  async refresh(): Promise<void> {
    const reading = ++this.#reading
    if (!this.#isOpen) return this.#show('', null)
    try {
      const { root, block, proven } = await this.#read()
      if (reading === this.#reading) {
        this.#show(JSON.stringify([root, block, proven]), () => proofElement(root, block, proven))
      }
    } catch (error) {
      const text = readErrorText(error)
      if (reading === this.#reading) this.#show(text, () => create('p', 'hint proof', text))
    }
  }

  get #isOpen(): boolean {
    return this.button.ariaExpanded === 'true'
  }

  #show(what: string, make: (() => HTMLElement) | null): void {
    if (what === this.#shown) return
    this.#shown = what
    this.element.replaceChildren(...(make === null ? [] : [make()]))
  }

  async #read(): Promise<{ root: string; block: number | null; proven: readonly Proven[] }> {
    const client = await this.#source.client()
    const { root, value } = await client.getProof(this.#address, [], readOptions(this.#source.at()))
    const { balance, nonce, accountProof } = value
    const what = `Nonce ${formatCount(nonce)} and ${formatEther(balance)}`
    const proven: Proven[] = [{ what, preimage: this.#address, nodes: accountProof }]
    const token = this.#source.token()
    if (token !== null) proven.push(...(await this.#readToken(client, token, root as ReadAt)))
    return { root, block: await blockOf(client, root), proven }
  }

  /** Returns two ways: to the token's account, and from there to the balance of this address. */
  async #readToken(client: LightClient, token: TokenConfig, at: ReadAt): Promise<readonly Proven[]> {
    const slot = mappingSlot(this.#address, BigInt(token.balancesSlot))
    const { value } = await client.getProof(token.address, [slot], { at })
    const { value: units, proof } = value.storageProof[0]!
    return [
      { what: 'The token’s account', preimage: token.address, nodes: value.accountProof },
      { what: `${formatCount(units)} of its smallest units`, preimage: slot, nodes: proof },
    ]
  }
}
