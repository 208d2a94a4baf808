/** Holds the tables of `docs/errors.md` equal to the unions of codes in the source. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { RPC_CODE } from './wallet/provider/rpc-error.ts'

const SOURCE = dirname(fileURLToPath(import.meta.url))
const DOCUMENT = readFileSync(join(SOURCE, '../docs/errors.md'), 'utf8')
const texts = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.ts$/.test(name) && !/\.(test|suite)\.ts$|^testing/.test(name))
  .map((name) => readFileSync(join(SOURCE, name), 'utf8'))

/** The code parameter of each subclass of `RootlightError`: the name of a union, or a literal. */
const parameters = texts.flatMap((text) =>
  [...text.matchAll(/class \w+ extends RootlightError<([^>]+)>/g)].map(([, parameter]) => parameter!),
)
const unions = parameters.filter((parameter) => !parameter.startsWith("'"))

function codesOf(union: string): string[] {
  const declaration = new RegExp(`export type ${union} =(.*?)(?:\\n\\n|\\nexport|\\n?$)`, 's')
  const [, members] = texts.map((text) => declaration.exec(text)).find((match) => match !== null) ?? []
  const withoutComments = members?.replaceAll(/\/\*.*?\*\//gs, '') ?? ''
  return [...withoutComments.matchAll(/'(\w+)'/g)].map(([, code]) => code!)
}

/** Code → the unions containing the code, from the source. */
function codesInSource(): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>()
  const add = (code: string, union?: string) => {
    const all = found.get(code) ?? new Set()
    found.set(code, union === undefined ? all : all.add(union))
  }
  for (const parameter of parameters) {
    if (parameter.startsWith("'")) add(parameter.replaceAll("'", ''))
    else for (const code of codesOf(parameter)) add(code, parameter)
  }
  return found
}

/** Code → the unions in the row of the code. */
function codesInDocument(): Map<string, Set<string>> {
  const rows = [...DOCUMENT.matchAll(/^\| `(\w*[a-z]\w*)` \| ([^|]*) \| [^|]+ \| [^|]+ \|$/gm)]
  expect(new Set(rows.map(([, code]) => code)).size).toBe(rows.length)
  return new Map(rows.map(([, code, named]) => [code!, new Set([...named!.matchAll(/\w+/g)].map(([name]) => name))]))
}

describe('docs/errors.md', () => {
  test('default: has one row for each code, with all of its unions', () => {
    const [source, document] = [codesInSource(), codesInDocument()]
    expect([...document.keys()].sort()).toEqual([...source.keys()].sort())
    expect(document).toEqual(source)
  })

  test('default: has one row for each number of the provider', () => {
    const numbers = [...DOCUMENT.matchAll(/^\| `(-?\d+)` \|/gm)].map(([, number]) => Number(number))
    expect(numbers.sort()).toEqual(Object.values(RPC_CODE).sort())
  })
})

test('default: an entry exports each union of codes', () => {
  const entries = ['index.ts', 'evm/index.ts', 'server/index.ts'].map((name) =>
    readFileSync(join(SOURCE, name), 'utf8'),
  )
  expect(unions.length).toBeGreaterThan(10)
  expect(unions.filter((union) => !entries.some((text) => new RegExp(`\\b${union}\\b`).test(text)))).toEqual([])
})
