/** The figures for people. */
import type { SelfTime } from './profiler.ts'
import type { Summary } from './summary.ts'

const PROFILE_ROWS = 25

/** Returns the summary: a line for each contender, and the ratios. */
export function summaryTable(summary: Summary): string {
  const head = [
    'accounts',
    'ms',
    'connect',
    'nodes/s',
    'MB/s',
    'requests',
    'wire/state',
    'long tasks',
    'frame p50',
    'p99 (idle)',
    'max',
    'heap MB',
    'renderer',
    'server',
    'server CPU',
    '',
  ]
  const rows = summary.contenders.map((figures) => [
    figures.accounts.toLocaleString('en'),
    figures.ms.toLocaleString('en'),
    figures.connectMs.toLocaleString('en'),
    figures.nodesPerSecond.toLocaleString('en'),
    figures.mbPerSecond.toFixed(1),
    figures.requests.toLocaleString('en'),
    figures.wireOverState.toFixed(2),
    figures.longTasks === 0 ? '0' : `${figures.longTasks} (${figures.longTaskMs} ms)`,
    figures.frameGapP50Ms.toFixed(1),
    `${figures.frameGapP99Ms.toFixed(1)} (${figures.frameGapIdleP99Ms.toFixed(1)})`,
    figures.frameGapMaxMs.toFixed(0),
    `${megabytes(figures.heapIdleBytes)} to ${megabytes(figures.heapPeakBytes)}`,
    megabytes(figures.rendererRssBytes),
    megabytes(figures.serverRssBytes),
    figures.serverCpuMs.toLocaleString('en'),
    figures.contender,
  ])
  const { accounts, nodes, bytes, ratioCeiling, ratioStraight, ratioHelia, restartMs, firstReadMs } = summary
  const lines = [
    `${accounts.toLocaleString('en')} accounts, ${nodes.toLocaleString('en')} nodes, ${megabytes(bytes)} MB`,
    ...(ratioCeiling === null ? [] : [`ours ÷ ceiling: ${ratioCeiling}`]),
    ...(ratioStraight === null ? [] : [`ours ÷ straight: ${ratioStraight}`]),
    ...(ratioHelia === null ? [] : [`ours ÷ Helia: ${ratioHelia}`]),
    ...(restartMs === null ? [] : [`restart: ${restartMs} ms`]),
    ...(firstReadMs === null ? [] : [`first read: ${firstReadMs} ms`]),
  ]
  return `\n${align([head, ...rows], head.length - 1)}\n\n${lines.join('\n')}\n`
}

/** Returns a thread's time by function, and by the function's package or folder. */
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

/** Returns a package, a folder of ours, or a name of the browser's own. */
function partOf(name: string, where: string): string {
  if (where === '') return name.startsWith('(') ? name : 'browser'
  const dependency = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(where)
  return dependency?.[1] ?? /^(?:src|e2e\/bench)\/[^/:]+/.exec(where)?.[0] ?? where
}

/** Returns columns of one width each. From column `left` on, text is aligned to the left. */
export function align(rows: readonly (readonly string[])[], left = Number.POSITIVE_INFINITY): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const cell = (text: string, column: number) =>
    column < left ? text.padStart(widths[column]!) : text.padEnd(widths[column]!)
  return rows.map((row) => row.map(cell).join('  ').trimEnd()).join('\n')
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1)
}
