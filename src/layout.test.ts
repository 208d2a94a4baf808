/** Holds the tables of `src/README.md`: which folder, and which room of a folder, may import which. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { importCycles, importsOf, packagesOf, type SourceImport, sourceFiles } from './testing/source-imports.ts'

const SOURCE = dirname(fileURLToPath(import.meta.url))
const README = readFileSync(join(SOURCE, 'README.md'), 'utf8')
const FOLDER_ROWS = /^\| `src\/([a-z]+)` \|[^|]*\| ([^|]*) \|$/gm
const ROOM_ROWS = /^\| `src\/([a-z]+\/[a-z0-9]+)` \|[^|]*\| ([^|]*) \|$/gm
const TOP_ROWS = /^\| `src\/([a-z]+)\/\*\.ts` \| ([^|]*) \| ([^|]*) \|$/gm

interface Row {
  readonly values: ReadonlySet<string>
  readonly types: ReadonlySet<string>
}

const words = (cell: string | undefined) =>
  (cell ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== 'none' && word !== 'nothing')

/** A folder or room → what it may import, and of what the types only. */
const rowsOf = (pattern: RegExp) =>
  new Map<string, Row>(
    [...README.matchAll(pattern)].map(([, name, allowed]) => {
      const all = words(allowed)
      const types = all.filter((word) => word.endsWith('(types)')).map((word) => word.replace(' (types)', ''))
      return [name!, { values: new Set(all.filter((word) => !word.endsWith('(types)'))), types: new Set(types) }]
    }),
  )

const folders = rowsOf(FOLDER_ROWS)
const rooms = rowsOf(ROOM_ROWS)
/** A folder with rooms → the files at its top, by what they are. */
const tops = new Map(
  [...README.matchAll(TOP_ROWS)].map(([, folder, contracts, facades]) => [
    folder!,
    { contracts: new Set(words(contracts)), facades: new Set(words(facades)) },
  ]),
)

const files = sourceFiles(SOURCE)
// Tests and suites may use `src/testing` and what they compare with.
const sources = files.filter((file) => !/\.(test|suite)\.ts$/.test(file))
const inFolders = sources.filter((file) => file.includes('/'))

const folderOf = (file: string) => file.split('/')[0]!
/** A file's room, as `store/format`. */
const roomOf = (file: string) => file.split('/').slice(0, 2).join('/')
/** The second word of a file's path: its room in the folder, or the name of a file at the folder's top. */
const placeOf = (file: string) => file.split('/')[1]!.replace(/\.ts$/, '')
const isTop = (file: string) => file.split('/').length === 2
const arrow = ({ from, to }: SourceImport) => `${from} > ${to}`

function mayImportFolder({ from, to, isType }: SourceImport): boolean {
  const [folder, target] = [folderOf(from), folderOf(to)]
  const row = folders.get(folder)
  const all = row?.values.has('everything above') === true && target !== 'testing' && target !== 'server'
  const isNamed = row?.values.has(target) === true || (isType && row?.types.has(target) === true)
  return folder === target || target === 'runtime' || all || isNamed
}

function mayImportRoom({ from, to, isType }: SourceImport): boolean {
  const top = tops.get(folderOf(from))!
  if (isTop(from)) return top.facades.has(placeOf(from)) || isType || (isTop(to) && top.contracts.has(placeOf(to)))
  if (isTop(to)) return top.contracts.has(placeOf(to))
  const row = rooms.get(roomOf(from))
  const isNamed = row?.values.has(placeOf(to)) === true || (isType && row?.types.has(placeOf(to)) === true)
  return roomOf(from) === roomOf(to) || isNamed
}

describe('src/README.md', () => {
  test('default: has a row for each folder', () => {
    expect([...folders.keys()].sort()).toEqual([...new Set(inFolders.map(folderOf))].sort())
  })

  test('behavior: no folder imports what its row does not name', () => {
    const imports = inFolders.flatMap((file) => importsOf(SOURCE, file))
    expect(imports.length).toBeGreaterThan(inFolders.length)
    expect(imports.filter((each) => !mayImportFolder(each)).map(arrow)).toEqual([])
  })

  test('default: has a row for each room, and names each file at the top of a folder with rooms', () => {
    const within = inFolders.filter((file) => tops.has(folderOf(file)))
    expect([...rooms.keys()].sort()).toEqual([...new Set(within.filter((file) => !isTop(file)).map(roomOf))].sort())
    const named = [...tops].flatMap(([folder, { contracts, facades }]) =>
      [...contracts, ...facades].map((name) => `${folder}/${name}.ts`),
    )
    expect(named.sort()).toEqual(within.filter(isTop).sort())
  })

  test('behavior: a room imports the contracts of its folder and what its row names, a contract no room', () => {
    const within = inFolders.filter((file) => tops.has(folderOf(file)))
    const imports = within
      .flatMap((file) => importsOf(SOURCE, file))
      .filter(({ from, to }) => folderOf(from) === folderOf(to))
    expect(imports.length).toBeGreaterThan(within.length)
    expect(imports.filter((each) => !mayImportRoom(each)).map(arrow)).toEqual([])
  })

  test('behavior: arrows between rooms run one way: a row names only rooms above it', () => {
    const above = [...rooms].map(([room, { values, types }], index) => {
      const earlier = new Set([...rooms.keys()].slice(0, index))
      const named = [...values, ...types]
        .filter((name) => name !== 'nothing')
        .map((name) => `${folderOf(room)}/${name}`)
      return [room, named.filter((name) => !earlier.has(name))]
    })
    expect(above.filter(([, wrong]) => wrong!.length > 0)).toEqual([])
  })
})

test('behavior: no files import each other, directly or through others, not even types', () => {
  const cycles = importCycles(files.flatMap((file) => importsOf(SOURCE, file)))
  expect(cycles).toEqual([])
})

test('behavior: every package that is imported is one that package.json names', () => {
  const text = readFileSync(join(SOURCE, '..', 'package.json'), 'utf8')
  const { dependencies, devDependencies, peerDependencies, name } = JSON.parse(text) as Record<string, object>
  const named = new Set([...Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies }), name])
  const imported = files.flatMap((file) => packagesOf(SOURCE, file).map((each) => ({ file, package: each })))
  expect(imported.length).toBeGreaterThan(named.size)
  expect(imported.filter((each) => !named.has(each.package))).toEqual([])
})

test('behavior: only the server and the tests use Node', () => {
  const usesNode = (file: string) => /from '(node:|classic-level|ws)/.test(readFileSync(join(SOURCE, file), 'utf8'))
  const elsewhere = sources.filter((file) => !['server', 'testing'].includes(folderOf(file)))
  expect(elsewhere.filter(usesNode)).toEqual([])
})
