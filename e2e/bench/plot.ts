/** The figures as an SVG of bars on an axis of powers of ten, readable on a light and on a dark ground. */
import type { Contender } from './page-contract.ts'
import type { Summary } from './summary.ts'

const BAR = { left: 290, width: 420, height: 22, gap: 12, top: 48 } as const
const LEAST = 1_000
const MOST = 10_000_000

const NAMES: Readonly<Record<Contender, string>> = {
  ceiling: 'the bare transport, nothing checked',
  verification: 'verification by itself',
  commits: 'commits by themselves',
  ours: 'Rootlight, engine in a worker',
  window: 'Rootlight, engine in the window',
  straight: 'a straight port of fast sync',
  helia: 'Helia, bitswap',
}

/** Plots one size of state. A slow contender may have had a smaller state; its bar says so. */
export function plotOf({ accounts, contenders }: Summary): string {
  const rows = contenders.toSorted((a, b) => b.nodesPerSecond - a.nodesPerSecond)
  const height = BAR.top + rows.length * (BAR.height + BAR.gap) + 40
  const title = `Nodes a second, ${accounts.toLocaleString('en')} accounts`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${BAR.left + BAR.width + 90} ${height}" role="img" font-family="system-ui, sans-serif" font-size="12">
<title>${title}</title>
<style>
text { fill: #444 } .grid { stroke: #8885; stroke-width: 1 } .bar { fill: #8a8f98 } .ours { fill: #4c8dd6 } .head { font-size: 14px; font-weight: 600 }
@media (prefers-color-scheme: dark) { text { fill: #ccc } }
</style>
<text class="head" x="${BAR.left}" y="20">${title}</text>
${ticks(height - 40)}
${rows.map((row, i) => barOf(row, accounts, BAR.top + i * (BAR.height + BAR.gap))).join('\n')}
</svg>
`
}

function barOf(row: Summary['contenders'][number], accounts: number, top: number): string {
  const { contender, nodesPerSecond } = row
  const isOurs = contender === 'ours' || contender === 'window'
  const name = NAMES[contender] + (row.accounts === accounts ? '' : `, ${row.accounts.toLocaleString('en')} accounts`)
  const middle = top + BAR.height / 2 + 4
  return [
    `<text x="${BAR.left - 10}" y="${middle}" text-anchor="end">${name}</text>`,
    `<rect class="bar${isOurs ? ' ours' : ''}" x="${BAR.left}" y="${top}" width="${widthOf(nodesPerSecond).toFixed(1)}" height="${BAR.height}"/>`,
    `<text x="${BAR.left + widthOf(nodesPerSecond) + 8}" y="${middle}">${Math.round(nodesPerSecond).toLocaleString('en')}</text>`,
  ].join('')
}

function ticks(bottom: number): string {
  const lines: string[] = []
  for (let tick = LEAST; tick <= MOST; tick *= 10) {
    const x = BAR.left + widthOf(tick)
    lines.push(`<path class="grid" d="M${x} ${BAR.top - 12}V${bottom}"/>`)
    lines.push(`<text x="${x}" y="${bottom + 18}" text-anchor="middle">${tick.toLocaleString('en')}</text>`)
  }
  return lines.join('\n')
}

function widthOf(value: number): number {
  return (BAR.width * Math.log10(Math.max(1, value / LEAST))) / Math.log10(MOST / LEAST)
}
