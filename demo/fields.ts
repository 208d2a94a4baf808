/** The two fields of what to sync from: the peers, and the root that is trusted. */
import { byId } from './dom.ts'
import { parsePeers, parseRoot } from './peer-config.ts'

/** What stood in them. */
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

  /** To tell whether they have changed. */
  get text(): string {
    return `${this.#peers.value.trim()} ${this.#root.value.trim()}`
  }

  /** The root from the moment that it stands there; `undefined`: what stands there is none. */
  get trustedRoot(): `0x${string}` | undefined {
    const text = this.#root.value.trim().toLowerCase()
    return /^0x[0-9a-f]{64}$/.test(text) ? (text as `0x${string}`) : undefined
  }

  /** Whoever was faster keeps what was typed. */
  fill({ peers, root }: FieldValues): void {
    this.#peers.value ||= peers
    this.#root.value ||= root
  }

  /** What to sync from, and the root in its one form. Throws {@link FieldError}. */
  parse(): { readonly peers: readonly string[]; readonly root: string } {
    const peers = parsePeers(this.#peers.value)
    const root = parseRoot(this.#root.value)
    this.#root.value = root
    return { peers, root }
  }

  /** Those that can be dialled. What is wrong with the field is said when a sync is started from it. */
  peersOrNone(): readonly string[] {
    try {
      return parsePeers(this.#peers.value)
    } catch {
      return []
    }
  }
}
