/** Holds the import table of `src/README.md`: which folder may import which. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const SOURCE = dirname(fileURLToPath(import.meta.url))
const README = readFileSync(join(SOURCE, 'README.md'), 'utf8')
const ROWS = /^\| `src\/([a-z]+)` \|[^|]*\| ([^|]*) \|$/gm

/** Folder → what it may import, and of what the types only. */
const table = new Map(
  [...README.matchAll(ROWS)].map(([, folder, allowed]) => {
    const words = (allowed ?? '').split(',').map((word) => word.trim())
    const types = words.filter((word) => word.endsWith('(types)')).map((word) => word.replace(' (types)', ''))
    return [folder, { values: new Set(words.filter((word) => !word.endsWith('(types)'))), types: new Set(types) }]
  }),
)

interface Import {
  readonly file: string
  readonly from: string
  readonly to: string
  readonly isType: boolean
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8')
  const from = relative(SOURCE, file).split(sep)[0]!
  const pattern = /(?:^(import|export)( type)?[^'"]*?from |import\()'(\.[^']+)'/gms
  return [...text.matchAll(pattern)].map((match) => {
    const to = relative(SOURCE, resolve(dirname(file), match[3]!)).split(sep)[0]!
    return { file: relative(SOURCE, file), from, to, isType: match[2] !== undefined }
  })
}

const names = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
const files = names.filter((name) => name.includes(sep)).map((name) => join(SOURCE, name))
const rootFiles = names.filter((name) => !name.includes(sep)).map((name) => join(SOURCE, name))
/** The packages that a file imports, with the file before each. */
function packagesOf(file: string): string[] {
  const text = readFileSync(file, 'utf8')
  const pattern = /^(?:import|export)[^'"]*?from '([^.'][^']*)'|^import '([^.'][^']*)'|\bimport\('([^.'][^']*)'\)/gm
  return [...text.matchAll(pattern)]
    .map(([, from, bare, lazy]) => (from ?? bare ?? lazy)!)
    .filter((specifier) => !specifier.startsWith('node:'))
    .map((specifier) =>
      specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/'),
    )
    .map((name) => `${relative(SOURCE, file)}: ${name}`)
}

// Tests and suites may use `src/testing` and what they compare with.
const sources = files.filter((file) => !/\.(test|suite)\.ts$/.test(file))

describe('src/README.md', () => {
  test('default: has a row for each folder', () => {
    expect([...table.keys()].sort()).toEqual(
      [...new Set(files.map((file) => relative(SOURCE, file).split(sep)[0]))].sort(),
    )
  })

  test('behavior: no folder imports what its row does not name', () => {
    const allowed = ({ from, to, isType }: Import) => {
      const row = table.get(from)
      const all = row?.values.has('everything above') === true && to !== 'testing' && to !== 'server'
      return (
        from === to ||
        to === 'runtime' ||
        all ||
        row?.values.has(to) === true ||
        (isType && row?.types.has(to) === true)
      )
    }
    expect(sources.flatMap(importsOf).filter((each) => !allowed(each))).toEqual([])
  })

  test('behavior: every package that is imported is one that package.json names', () => {
    const { dependencies, devDependencies, peerDependencies, name } = JSON.parse(
      readFileSync(join(SOURCE, '..', 'package.json'), 'utf8'),
    ) as Record<string, Record<string, string>>
    const named = new Set([...Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies }), name])
    const imported = [...rootFiles, ...files].flatMap(packagesOf)
    expect(imported.length).toBeGreaterThan(named.size)
    expect(imported.filter((each) => !named.has(each.split(': ')[1]))).toEqual([])
  })

  test('behavior: only the server and the tests use Node', () => {
    const usesNode = (file: string) => /from '(node:|classic-level|ws)/.test(readFileSync(file, 'utf8'))
    const users = sources.filter(usesNode).map((file) => relative(SOURCE, file).split(sep)[0])
    expect(new Set(users.filter((folder) => folder !== 'server' && folder !== 'testing'))).toEqual(new Set())
  })
})
