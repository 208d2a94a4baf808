/** The import lines of the source, as a test on its layout reads them. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'

/** An import of one file of the source by another. */
export interface SourceImport {
  /** The importing file, as a path below the source's root with `/`. */
  readonly from: string
  /** The imported file. */
  readonly to: string
  /** True if the line imports types only. */
  readonly isType: boolean
}

const FILES = /(?:^(?:import|export)( type)?[^'"]*?from |^import |import\()'(\.[^']+)'/gms
const PACKAGES = /^(?:import|export)[^'"]*?from '([^.'][^']*)'|^import '([^.'][^']*)'|\bimport\('([^.'][^']*)'\)/gm

/** Returns the paths of all TypeScript files below `root`, with `/`. */
export function sourceFiles(root: string): string[] {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
  return names.map((name) => name.split(sep).join('/')).sort()
}

/** Returns the files which `file`, a path below `root`, imports. */
export function importsOf(root: string, file: string): SourceImport[] {
  const text = readFileSync(join(root, file), 'utf8')
  return [...text.matchAll(FILES)].map(([, type, specifier]) => {
    const to = relative(root, resolve(root, dirname(file), specifier!))
    return { from: file, to: to.split(sep).join('/'), isType: type !== undefined }
  })
}

/** Returns the names of the packages which `file`, a path below `root`, imports. Node's own are left out. */
export function packagesOf(root: string, file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8')
  return [...text.matchAll(PACKAGES)]
    .map(([, from, bare, lazy]) => (from ?? bare ?? lazy)!)
    .filter((specifier) => !specifier.startsWith('node:'))
    .map((specifier) => {
      const words = specifier.split('/')
      return words.slice(0, specifier.startsWith('@') ? 2 : 1).join('/')
    })
}

/** Returns the groups of files which import each other, directly or through others. */
export function importCycles(imports: readonly SourceImport[]): string[][] {
  const targets = new Map<string, Set<string>>()
  for (const { from, to } of imports) targets.set(from, (targets.get(from) ?? new Set()).add(to))
  const reached = new Map([...targets.keys()].map((file) => [file, reachable(file, targets)]))
  const groups = new Map<string, string[]>()
  for (const [file, below] of reached) {
    if (!below.has(file)) continue
    const group = [...below].filter((other) => reached.get(other)?.has(file) === true).sort()
    groups.set(group.join(), group)
  }
  return [...groups.values()]
}

/** Returns the files which `file` imports, directly or through others. */
function reachable(file: string, targets: ReadonlyMap<string, ReadonlySet<string>>): Set<string> {
  const found = new Set<string>()
  const next = [file]
  for (let each = next.pop(); each !== undefined; each = next.pop()) {
    for (const target of targets.get(each) ?? []) {
      if (!found.has(target)) next.push(target)
      found.add(target)
    }
  }
  return found
}
