/**
 * The key space as a picture: 64 × 64 cells, row by row, one for each value of a key's first three nibbles. Four rows
 * are one first nibble. A cell fills as the sync covers this part of the keys. Only changed cells are painted, in
 * animation frames. No frame paints for longer than {@link FRAME_BUDGET_MS}.
 */

/** Cells on each side. */
export const SIDE = 64
/** Number of cells, and of values from `Sync.coverage()`. */
export const CELLS = SIDE * SIDE
/**
 * Longest painting time in a frame; the rest follows in the next frame. A frame has 16 ms, and a long task begins at 50
 * ms.
 */
const FRAME_BUDGET_MS = 4
/** How long a newly covered cell stands out. */
const FRESH_MS = 350
/** Steps between empty and full. The eye cannot tell finer steps apart. */
const LEVELS = 16

interface Palette {
  readonly empty: string
  readonly full: string
  readonly fresh: string
}

/** Paints coverage on a canvas, once {@link KeyspaceView.attach} was called. */
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

  /** Starts following the size of the canvas, the screen's density and the colour scheme. */
  attach(): void {
    new ResizeObserver(() => this.#resize()).observe(this.#canvas)
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#repaint())
    this.#resize()
  }

  /**
   * Shows `coverage` ({@link CELLS} values, 0 to 1), reading the values at once. With `isNews`, newly covered cells
   * stand out.
   */
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

  /** Returns the shown levels, 0 to 1. */
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

  /** Ends the highlight of new cells. */
  #settle(cells: readonly number[]): void {
    for (const cell of cells) {
      this.#isFresh[cell] = 0
      this.#mark(cell)
    }
    this.#requestFrame()
  }

  #paint(cell: number): void {
    const pitch = this.#pitch
    // One device pixel between cells, two on dense screens, and none between very small cells.
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

/** Rounds to a level. Only an empty cell gets level 0, and only a full cell the highest level. */
function levelOf(value: number): number {
  if (!(value > 0)) return 0
  return value >= 1 ? LEVELS : Math.min(LEVELS - 1, Math.max(1, Math.round(value * LEVELS)))
}
