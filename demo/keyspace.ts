/**
 * The key space as a picture: 64 × 64 cells, one for each value of a key's first three nibbles, row by row, so that four
 * rows are one first nibble. A cell fills as the sync covers its part. Only cells that changed are painted, in animation
 * frames, and no frame paints for longer than {@link FRAME_BUDGET_MS}.
 */

/** Cells a side. */
export const SIDE = 64
/** All cells: what `Sync.coverage()` returns. */
export const CELLS = SIDE * SIDE
/** Painting stops here and goes on in the next frame: a long task begins at 50 ms, a frame has 16. */
export const FRAME_BUDGET_MS = 4
/** How long a cell that was just covered stands out. */
const FRESH_MS = 350
/** Steps between empty and full: finer ones cannot be told apart. */
const LEVELS = 16

interface Palette {
  readonly empty: string
  readonly full: string
  readonly fresh: string
}

/** Paints coverage on a canvas. Nothing happens before {@link KeyspaceView.attach}. */
export class KeyspaceView {
  readonly #canvas: HTMLCanvasElement
  readonly #context: CanvasRenderingContext2D
  readonly #levels = new Uint8Array(CELLS)
  readonly #isDirty = new Uint8Array(CELLS)
  readonly #isFresh = new Uint8Array(CELLS)
  readonly #dirty: number[] = []
  readonly #calm = matchMedia('(prefers-reduced-motion: reduce)')
  #palette: Palette = { empty: '', full: '', fresh: '' }
  #pitch = 0
  #frame = 0

  constructor(canvas: HTMLCanvasElement) {
    const context = canvas.getContext('2d')
    if (context === null) throw new Error('no 2d context')
    this.#canvas = canvas
    this.#context = context
  }

  /** Starts to follow the size of the canvas, the screen's density and the colour scheme. */
  attach(): void {
    new ResizeObserver(() => this.#resize()).observe(this.#canvas)
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#repaint())
    this.#resize()
  }

  /** Shows `coverage` ({@link CELLS} values, 0 to 1; read at once, not kept); `isNews` lets what it adds stand out. */
  show(coverage: ArrayLike<number>, isNews = true): void {
    for (let cell = 0; cell < CELLS; cell++) {
      const level = levelOf(coverage[cell] ?? 0)
      if (level === this.#levels[cell]) continue
      this.#isFresh[cell] = isNews && level > this.#levels[cell]! && !this.#calm.matches ? 1 : 0
      this.#levels[cell] = level
      this.#mark(cell)
    }
    this.#requestFrame()
  }

  /** The levels that are shown, 0 to 1. */
  shown(): number[] {
    return Array.from(this.#levels, (level) => level / LEVELS)
  }

  #resize(): void {
    const pitch = Math.max(1, Math.floor((this.#canvas.clientWidth * devicePixelRatio) / SIDE))
    if (pitch === this.#pitch) return
    this.#pitch = pitch
    this.#canvas.width = this.#canvas.height = pitch * SIDE
    this.#repaint()
  }

  #repaint(): void {
    const style = getComputedStyle(this.#canvas)
    const color = (name: string) => style.getPropertyValue(name).trim()
    this.#palette = { empty: color('--cell-empty'), full: color('--cell-full'), fresh: color('--cell-fresh') }
    for (let cell = 0; cell < CELLS; cell++) this.#mark(cell)
    this.#requestFrame()
  }

  #mark(cell: number): void {
    if (this.#isDirty[cell] === 1) return
    this.#isDirty[cell] = 1
    this.#dirty.push(cell)
  }

  #requestFrame(): void {
    if (this.#frame !== 0 || this.#dirty.length === 0) return
    this.#frame = requestAnimationFrame(() => this.#paintDirty())
  }

  #paintDirty(): void {
    this.#frame = 0
    const fresh: number[] = []
    const deadline = performance.now() + FRAME_BUDGET_MS
    for (let cell = this.#dirty.pop(); cell !== undefined; cell = this.#dirty.pop()) {
      this.#isDirty[cell] = 0
      this.#paint(cell)
      if (this.#isFresh[cell] === 1) fresh.push(cell)
      if (performance.now() > deadline) break
    }
    if (fresh.length > 0) setTimeout(() => this.#settle(fresh), FRESH_MS)
    this.#requestFrame()
  }

  /** fresh → settled. */
  #settle(cells: readonly number[]): void {
    for (const cell of cells) {
      this.#isFresh[cell] = 0
      this.#mark(cell)
    }
    this.#requestFrame()
  }

  #paint(cell: number): void {
    const pitch = this.#pitch
    // One device pixel between cells, two on dense screens; none where a cell is too small to spare it.
    const size = pitch - (pitch >= 12 ? 2 : pitch >= 4 ? 1 : 0)
    const x = (cell % SIDE) * pitch
    const y = Math.floor(cell / SIDE) * pitch
    const context = this.#context
    context.fillStyle = this.#palette.empty
    context.fillRect(x, y, size, size)
    const level = this.#levels[cell]!
    if (level === 0) return
    context.globalAlpha = level / LEVELS
    context.fillStyle = this.#isFresh[cell] === 1 ? this.#palette.fresh : this.#palette.full
    context.fillRect(x, y, size, size)
    context.globalAlpha = 1
  }
}

/** Rounds up from nothing and down from everything: full is said of full cells only. */
function levelOf(value: number): number {
  if (!(value > 0)) return 0
  return value >= 1 ? LEVELS : Math.min(LEVELS - 1, Math.max(1, Math.round(value * LEVELS)))
}
