/** The two fields of the source: the peers, and the trusted root. */
import { byId } from './dom.ts'
import { parsePeers, parseRoot } from './peer-config.ts'

/** The texts of both fields. */
export interface FieldValues {
  readonly peers: string
  readonly root: string
}

export class SourceFields {
  readonly #peers = byId('peer', HTMLTextAreaElement)
  readonly #root = byId('root', HTMLInputElement)

  constructor(onInput: () => void) {
    for (const field of [this.#peers, this.#root]) field.addEventListener('input', onInput)
  }

  get values(): FieldValues {
    return { peers: this.#peers.value, root: this.#root.value }
  }

  /** The texts of both fields as one, to notice changes. */
  get text(): string {
    return `${this.#peers.value.trim()} ${this.#root.value.trim()}`
  }

  /** The root in the field, or `undefined` while the text is no root. */
  get trustedRoot(): `0x${string}` | undefined {
    const text = this.#root.value.trim().toLowerCase()
    return /^0x[0-9a-f]{64}$/.test(text) ? (text as `0x${string}`) : undefined
  }

  /** Fills the empty fields only: a text typed meanwhile stays. */
  fill({ peers, root }: FieldValues): void {
    this.#peers.value ||= peers
    this.#root.value ||= root
  }

  /** Reads both fields, and writes the root back in canonical form. Throws {@link FieldError}. */
  parse(): { readonly peers: readonly string[]; readonly root: string } {
    const peers = parsePeers(this.#peers.value)
    const root = parseRoot(this.#root.value)
    this.#root.value = root
    return { peers, root }
  }

  /**
   * Returns the peers in the field, or none if the field is invalid. The error appears when a sync starts from the
   * field.
   */
  peersOrNone(): readonly string[] {
    try {
      return parsePeers(this.#peers.value)
    } catch {
      return []
    }
  }
}
