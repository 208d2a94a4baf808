/** The addresses watched by the page, kept in `localStorage`, in the order of adding. */

import type { PageStorage } from './memory.ts'

const KEY = 'rootlight-demo-watched'

export class WatchList {
  readonly #storage: PageStorage
  readonly #onChange: () => void
  #addresses: readonly string[]

  constructor(storage: PageStorage, onChange: () => void) {
    this.#storage = storage
    this.#onChange = onChange
    this.#addresses = recall(storage)
  }

  /** Lower case. */
  get addresses(): readonly string[] {
    return this.#addresses
  }

  add(address: string): void {
    const lower = address.toLowerCase()
    if (!this.#addresses.includes(lower)) this.#replace([...this.#addresses, lower])
  }

  remove(address: string): void {
    this.#replace(this.#addresses.filter((each) => each !== address))
  }

  clear(): void {
    this.#replace([])
  }

  #replace(addresses: readonly string[]): void {
    this.#addresses = addresses
    try {
      this.#storage.setItem(KEY, JSON.stringify(addresses))
    } catch {
      // Storage is full or forbidden: the list lives as long as the page.
    }
    this.#onChange()
  }
}

function recall(storage: PageStorage): readonly string[] {
  try {
    const addresses: unknown = JSON.parse(storage.getItem(KEY) ?? '[]')
    return Array.isArray(addresses) ? addresses.filter((each) => /^0x[0-9a-f]{40}$/.test(String(each))) : []
  } catch {
    // Storage may be forbidden, and other pages of the origin may write any text.
    return []
  }
}
