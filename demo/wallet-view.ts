/** The list of watched addresses, `#watched`: a {@link WatchedRow} each. */
import { byId } from './dom.ts'
import type { WalletSource } from './wallet-source.ts'
import { WatchedRow } from './watched-row.ts'

export class WalletView {
  readonly #source: WalletSource
  readonly #onRemove: (address: string) => void
  readonly #list = byId('watched', HTMLUListElement)
  readonly #rows = new Map<string, WatchedRow>()

  constructor(source: WalletSource, onRemove: (address: string) => void) {
    this.#source = source
    this.#onRemove = onRemove
  }

  /** Shows these addresses, in this order. Those that are new are read. */
  show(addresses: readonly string[]): void {
    for (const [address, row] of this.#rows) {
      if (addresses.includes(address)) continue
      const hadFocus = row.element.contains(document.activeElement)
      row.element.remove()
      this.#rows.delete(address)
      // The keyboard's place on the page goes with the button that was pressed.
      if (hadFocus) byId('watch', HTMLInputElement).focus()
    }
    for (const address of addresses) {
      if (this.#rows.has(address)) continue
      const row = new WatchedRow(address, this.#source, () => this.#onRemove(address))
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

  /** Reads those again that lack something. */
  complete(): void {
    for (const row of this.#rows.values()) if (!row.isComplete) void row.read()
  }
}
