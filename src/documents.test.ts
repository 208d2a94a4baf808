/** Holds the documents true: links lead to files and headings, and named source files exist. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const REPOSITORY = fileURLToPath(new URL('..', import.meta.url))
const SOURCE = join(REPOSITORY, 'src')
const guides = readdirSync(join(REPOSITORY, 'docs')).filter((name) => name.endsWith('.md'))
const documents = [
  ...[
    'README.md',
    'CONTRIBUTING.md',
    'src/README.md',
    'src/GLOSSARY.md',
    'src/protocol/SPEC.md',
    'src/backup/FORMAT.md',
  ],
  ...guides.map((name) => `docs/${name}`),
]
const read = (name: string) => readFileSync(join(REPOSITORY, name), 'utf8')

/** The anchor of a heading, as made by GitHub. */
function anchorOf(heading: string): string {
  return heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}

function isGood(name: string, link: string): boolean {
  const [path, anchor] = link.split('#')
  const file = path === '' ? join(REPOSITORY, name) : join(REPOSITORY, dirname(name), path!)
  if (!existsSync(file)) return false
  if (anchor === undefined) return true
  const headings = [...readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchorOf(heading!))
  return headings.includes(anchor)
}

describe('documents', () => {
  test.each(documents)('default: %s links to what is there', (name) => {
    const links = [...read(name).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!)
    expect(links.filter((link) => !/^https?:/.test(link) && !isGood(name, link))).toEqual([])
  })

  test.each(['src/README.md', 'src/GLOSSARY.md'])('default: %s names source files that exist', (name) => {
    const paths = [...read(name).matchAll(/`(?:src\/)?([\w-]+(?:\/[\w-]+)*\/?[\w.-]*\.(?:ts|js|md))`/g)].map(
      ([, path]) => path!,
    )
    const names = new Set(readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).map((file) => basename(file)))
    expect(paths.length).toBeGreaterThan(10)
    const exists = (path: string) => (path.includes('/') ? existsSync(join(SOURCE, path)) : names.has(path))
    // Built files, not in the source.
    const isBuilt = (path: string) => path.endsWith('.js')
    expect(paths.filter((path) => !isBuilt(path) && !exists(path))).toEqual([])
  })
})
