/**
 * `npm run prose [FOLDER or FILE…]`: measures how plain the English of the doc comments is. Prints one row for each
 * folder.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { countProse, docComments } from './count.ts'

const ROOTS = process.argv.length > 2 ? process.argv.slice(2) : ['src', 'demo', 'e2e']

function sourcesIn(path: string): string[] {
  if (statSync(path).isFile()) return [path]
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !name.includes('node_modules'))
    .map((name) => join(path, name))
}

function rowOf(name: string, files: readonly string[]): string[] {
  const counts = countProse(files.flatMap((file) => docComments(readFileSync(file, 'utf8'))))
  const share = (part: number) => `${((100 * part) / Math.max(1, counts.sentences)).toFixed(1)} %`
  return [
    name,
    String(counts.comments),
    String(counts.sentences),
    share(counts.leaning),
    share(counts.people),
    String(counts.whats),
    share(counts.long),
  ]
}

const files = ROOTS.flatMap(sourcesIn).sort()
const folders = groupByFolder(files)
const rows = [
  ['folder', 'comments', 'sentences', 'it, that, what, …', 'who, nobody, …', 'begin with What', 'over 25 words'],
  ...[...folders].map(([folder, members]) => rowOf(folder, members)),
  rowOf('all', files),
]
const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
for (const row of rows) {
  console.log(row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '))
}

function groupByFolder(paths: readonly string[]): Map<string, string[]> {
  const groups = new Map<string, string[]>()
  for (const path of paths) groups.set(dirname(path), [...(groups.get(dirname(path)) ?? []), path])
  return groups
}
