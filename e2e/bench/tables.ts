/** The figures for people. */
import type { SelfTime } from './profiler.ts'
import { type RunFigures, ratios, type Summary } from './summary.ts'

const PROFILE_ROWS = 25

/** The runs, a line each, and what they come to. */
export function runsTable(figures: readonly RunFigures[], summary: Summary): string {
  const head = [
    '',
    'run',
    'ms',
    'connect',
    'nodes/s',
    'MB/s',
    'requests',
    'wire/state',
    'server CPU',
    'long tasks',
    'gap ms',
    'heap MB',
  ]
  const rows = figures.map((run) => [
    run.contender,
    String(run.run),
    run.ms.toLocaleString('en'),
    run.connectMs.toLocaleString('en'),
    run.nodesPerSecond.toLocaleString('en'),
    run.mbPerSecond.toFixed(1),
    run.requests.toLocaleString('en'),
    run.wireOverState.toFixed(2),
    run.serverCpuMs.toLocaleString('en'),
    run.longTasks === 0 ? '0' : `${run.longTasks} (${run.longTaskMs} ms)`,
    run.maxGapMs.toFixed(0),
    `${megabytes(run.heapIdleBytes)} to ${megabytes(run.heapPeakBytes)}`,
  ])
  const { accounts, nodes, bytes, nodesPerSecond, straightNodesPerSecond, ratioStraight } = summary
  const lines = [
    `${accounts.toLocaleString('en')} accounts, ${nodes.toLocaleString('en')} nodes, ${megabytes(bytes)} MB`,
  ]
  if (nodesPerSecond !== null) lines.push(`ours, median: ${nodesPerSecond.toLocaleString('en')} nodes/s`)
  if (straightNodesPerSecond !== null) {
    lines.push(`straight, median: ${straightNodesPerSecond.toLocaleString('en')} nodes/s`)
  }
  if (ratioStraight !== null) lines.push(`ours ÷ straight: ${ratios(figures).join(', ')}; median ${ratioStraight}`)
  return `\n${align([head, ...rows])}\n\n${lines.join('\n')}\n`
}

/** Where a thread's time went: by function, and by the package or folder that the function is of. */
export function profileTable(thread: string, times: readonly SelfTime[]): string {
  const total = times.reduce((sum, { ms }) => sum + ms, 0)
  const row = (text: string, ms: number) => [ms.toFixed(1), `${((100 * ms) / total).toFixed(1)} %`, text]
  const functions = times.slice(0, PROFILE_ROWS).map(({ name, where, ms }) => row(`${name}  ${where}`, ms))
  const parts = [...partTimes(times)].sort((a, b) => b[1] - a[1]).map(([part, ms]) => row(part, ms))
  const byFunction = align([['ms', '', 'function'], ...functions], 2)
  const byPart = align([['ms', '', 'part'], ...parts.slice(0, PROFILE_ROWS)], 2)
  return `\n${thread}: self time of ${total.toFixed(0)} ms\n${byFunction}\n\n${byPart}\n`
}

function partTimes(times: readonly SelfTime[]): Map<string, number> {
  const parts = new Map<string, number>()
  for (const { name, where, ms } of times) {
    const part = partOf(name, where)
    parts.set(part, (parts.get(part) ?? 0) + ms)
  }
  return parts
}

/** A package, a folder of ours, or what the browser calls itself. */
function partOf(name: string, where: string): string {
  if (where === '') return name.startsWith('(') ? name : 'browser'
  const dependency = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(where)
  return dependency?.[1] ?? /^(?:src|e2e\/bench)\/[^/:]+/.exec(where)?.[0] ?? where
}

/** Columns of one width each; from column `left` on they are aligned to the left. */
export function align(rows: readonly (readonly string[])[], left = Number.POSITIVE_INFINITY): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const cell = (text: string, column: number) =>
    column < left ? text.padStart(widths[column]!) : text.padEnd(widths[column]!)
  return rows.map((row) => row.map(cell).join('  ').trimEnd()).join('\n')
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1)
}
