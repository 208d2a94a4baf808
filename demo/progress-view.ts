/** The progress of the sync: phase, share, bar, one sentence, nine numbers. Draws only changes, once a frame. */
import type { SyncProgress } from '../src/index.ts'
import { byId, oncePerFrame, setText } from './dom.ts'
import { formatBytes, formatCount, formatDuration, formatFraction, formatRate, UNKNOWN } from './format.ts'

/** The shown part of a progress, remembered by the page across a reload. */
export type ShownProgress = Pick<
  SyncProgress,
  | 'root'
  | 'nodes'
  | 'bytes'
  | 'accounts'
  | 'slots'
  | 'codes'
  | 'wireBytes'
  | 'nodesPerSecond'
  | 'bytesPerSecond'
  | 'etaMs'
  | 'fraction'
> & { readonly phase: SyncProgress['phase'] | 'idle' }

/** The progress before any sync. */
export const NOTHING_YET: ShownProgress = {
  phase: 'idle',
  root: '',
  nodes: 0,
  bytes: 0,
  accounts: 0,
  slots: 0,
  codes: 0,
  wireBytes: 0,
  nodesPerSecond: 0,
  bytesPerSecond: 0,
  etaMs: null,
  fraction: 0,
}

/** The panel `#progress`. */
export class ProgressView {
  readonly #panel = byId('progress', HTMLElement)
  readonly #bar = byId('bar', HTMLProgressElement)
  readonly #draw = oncePerFrame(() => this.#render())
  #progress: ShownProgress = NOTHING_YET
  #detail = ''

  /** Shows `progress`, and `detail` as the sentence below the bar. */
  show(progress: ShownProgress, detail: string): void {
    this.#progress = progress
    this.#detail = detail
    this.#draw()
  }

  #render(): void {
    const { phase, fraction } = this.#progress
    this.#panel.dataset['phase'] = phase
    setText(byId('phase', HTMLElement), phase)
    setText(byId('fraction', HTMLElement), formatFraction(fraction))
    setText(byId('detail', HTMLElement), this.#detail)
    this.#bar.value = fraction
    for (const [id, text] of numbersOf(this.#progress)) setText(byId(id, HTMLElement), text)
  }
}

function numbersOf(progress: ShownProgress): [id: string, text: string][] {
  const isMoving = progress.phase === 'syncing'
  return [
    ['nodes', formatCount(progress.nodes)],
    ['accounts', formatCount(progress.accounts)],
    ['slots', formatCount(progress.slots)],
    ['codes', formatCount(progress.codes)],
    ['bytes', formatBytes(progress.bytes)],
    ['wire-bytes', formatBytes(progress.wireBytes)],
    ['rate', isMoving ? `${formatCount(Math.round(progress.nodesPerSecond))}/s` : UNKNOWN],
    ['byte-rate', isMoving ? formatRate(progress.bytesPerSecond) : UNKNOWN],
    ['eta', isMoving ? formatDuration(progress.etaMs) : UNKNOWN],
  ]
}
