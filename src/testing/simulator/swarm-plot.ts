/** Draws the figures of all swarms as an SVG of two panels, readable on a light and on a dark ground. */
import type { SwarmFigures } from './swarm.ts'
import type { SwarmReport } from './swarm-table.ts'

const PANEL = { width: 360, height: 260, top: 44, left: 64, gap: 92 } as const
const COLOURS = ['#4c8dd6', '#d9822b', '#3fa66a', '#b565c9', '#c94f4f', '#8a8a3a']

interface Panel {
  readonly title: string
  readonly unit: string
  readonly value: (cell: SwarmFigures) => number
}

const PANELS: readonly Panel[] = [
  { title: 'Time to the last tab', unit: 'seconds', value: ({ lastMs }) => lastMs / 1000 },
  { title: 'What the servers sent', unit: 'bytes ÷ bytes of the state', value: ({ serverStates }) => serverStates },
]

/** The place of a value on an axis of powers of ten. */
type Scale = (value: number) => number

export function plotOf(report: SwarmReport): string {
  const width = PANELS.length * (PANEL.left + PANEL.width) + 48
  const height = PANEL.top + PANEL.height + 100
  const panels = PANELS.map((panel, i) => panelOf(panel, report.cells, PANEL.left + i * (PANEL.width + PANEL.gap)))
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" font-family="system-ui, sans-serif" font-size="12">
<title>Swarms of 1 to 1,000 tabs: time to the last tab, and what the servers sent</title>
<style>
text { fill: #444 } .grid { stroke: #8885; stroke-width: 1 } .line { fill: none; stroke-width: 2 } .head { font-size: 14px; font-weight: 600 }
@media (prefers-color-scheme: dark) { text { fill: #ccc } }
</style>
${panels.join('\n')}
${legendOf(report.cells, PANEL.top + PANEL.height + 64)}
</svg>
`
}

function panelOf({ title, unit, value }: Panel, cells: readonly SwarmFigures[], left: number): string {
  const { width, height, top } = PANEL
  const xTicks = ticksOf(cells.map(({ tabs }) => tabs))
  const yTicks = ticksOf(cells.map(value))
  const x = scaleOf(xTicks, left, left + width)
  const y = scaleOf(yTicks, top + height, top)
  const bottom = top + height
  return [
    `<text class="head" x="${left}" y="${top - 20}">${title}</text>`,
    ...yTicks.map((tick) => {
      const at = `<path class="grid" d="M${left} ${y(tick)}h${width}"/>`
      return `${at}<text x="${left - 8}" y="${y(tick) + 4}" text-anchor="end">${tick.toLocaleString('en')}</text>`
    }),
    ...xTicks.map((tick) => {
      const at = `<path class="grid" d="M${x(tick)} ${top}v${height}"/>`
      return `${at}<text x="${x(tick)}" y="${bottom + 18}" text-anchor="middle">${tick.toLocaleString('en')}</text>`
    }),
    `<text x="${left + width / 2}" y="${bottom + 38}" text-anchor="middle">tabs that sync at once</text>`,
    `<text transform="translate(${left - 48} ${top + height / 2}) rotate(-90)" text-anchor="middle">${unit}</text>`,
    ...seriesOf(cells).map(({ stroke, points }) => {
      const line = points.map((cell) => `${x(cell.tabs).toFixed(1)},${y(value(cell)).toFixed(1)}`)
      return `<polyline class="line" ${stroke} points="${line.join(' ')}"/>`
    }),
  ].join('\n')
}

function legendOf(cells: readonly SwarmFigures[], top: number): string {
  const entries = seriesOf(cells).map(({ servers, serving, stroke }, i) => {
    const x = PANEL.left + (i >> 1) * 200
    const y = top + (i & 1) * 20
    const label = `${servers} server${servers === 1 ? '' : 's'}${serving ? ', tabs serve' : ''}`
    return `<path class="line" ${stroke} d="M${x} ${y}h32"/><text x="${x + 40}" y="${y + 4}">${label}</text>`
  })
  return entries.join('\n')
}

/** Returns one line for each number of servers, and a dashed line for the same with serving tabs. */
function seriesOf(cells: readonly SwarmFigures[]) {
  const counts = [...new Set(cells.map(({ servers }) => servers))]
  return counts.flatMap((servers, i) =>
    [false, true].map((serving) => {
      const points = cells.filter((cell) => cell.servers === servers && cell.serving === serving)
      const stroke = `stroke="${COLOURS[i % COLOURS.length]}"${serving ? ' stroke-dasharray="6 4"' : ''}`
      return { servers, serving, stroke, points }
    }),
  )
}

/** Returns the powers of ten around `values`. */
function ticksOf(values: readonly number[]): number[] {
  const least = Math.floor(Math.log10(Math.min(...values)))
  const most = Math.max(least + 1, Math.ceil(Math.log10(Math.max(...values))))
  return Array.from({ length: most - least + 1 }, (_, i) => 10 ** (least + i))
}

function scaleOf(ticks: readonly number[], from: number, to: number): Scale {
  const [least, most] = [Math.log10(ticks[0]!), Math.log10(ticks.at(-1)!)]
  return (value) => from + ((Math.log10(value) - least) / (most - least)) * (to - from)
}
