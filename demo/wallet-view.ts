/** The list of watched addresses, `#watched`, with one {@link WatchedRow} each. */
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

  /** Shows these addresses, in this order. Reads new addresses. */
  show(addresses: readonly string[]): void {
    for (const [address, row] of this.#rows) {
      if (addresses.includes(address)) continue
      const hadFocus = row.element.contains(document.activeElement)
      row.element.remove()
      this.#rows.delete(address)
      // Removing the row drops the keyboard focus from its button: move the focus to the field.
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

  /** Reads all addresses again. */
  refresh(): void {
    for (const row of this.#rows.values()) void row.read()
  }

  /** Reads the addresses with missing values again. */
  complete(): void {
    for (const row of this.#rows.values()) if (!row.isComplete) void row.read()
  }
}
