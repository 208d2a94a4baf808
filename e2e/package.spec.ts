/** The package as its users get it: packed, installed into an empty Vite app, built there, and run. */
import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Page } from '@playwright/test'
import { expect, test } from './fixtures.ts'
import { genesisOf } from './genesis.ts'
import { serveDirectory } from './site.ts'
import { MAINNET_ROOT } from './states.ts'

const REPOSITORY = fileURLToPath(new URL('..', import.meta.url))
const HTML =
  '<!doctype html><title>app</title><link rel="icon" href="data:," /><script type="module" src="./main.ts"></script>'
/** Names forbidden in a bundle for browsers. They survive minification. */
const FOREIGN = ['react-native', 'classic-level', 'abstract-level', 'node:fs', '@ethereumjs/genesis', 'rootlight serve']

declare global {
  interface Window {
    said: string[]
  }
}

const run = promisify(execFile)
let app: string

test.describe.configure({ mode: 'serial' })

test.beforeAll(async () => {
  test.setTimeout(240_000)
  app = await mkdtemp(join(tmpdir(), 'rootlight-app-'))
  await run('npm', ['pack', '--pack-destination', app], { cwd: REPOSITORY })
  const [tarball] = (await readdir(app)).filter((name) => name.endsWith('.tgz'))
  const readme = await exampleOfReadme()
  await writeFiles({
    'package.json': JSON.stringify({ name: 'app', private: true, type: 'module' }),
    'index.html': HTML,
    'main.ts': readme,
    'plain/index.html': HTML,
    'plain/main.ts': readme.replace(/new URL\('rootlight\/worker'.*?\)/, "'./worker.bundle.js'"),
    'tsconfig.json': JSON.stringify({
      compilerOptions: { strict: true, noEmit: true, target: 'es2022', module: 'esnext', moduleResolution: 'bundler' },
      include: ['main.ts'],
    }),
  })
  await run('npm', ['install', `./${tarball}`, 'vite', '--prefer-offline', '--no-audit', '--no-fund'], { cwd: app })
  await mkdir(join(app, 'plain/public'))
  for (const script of ['worker.bundle.js', 'worker.libp2p.js', 'worker.cipher.js'])
    await copyFile(join(app, 'node_modules/rootlight/dist', script), join(app, 'plain/public', script))
})

test.afterAll(() => rm(app, { recursive: true, force: true }))

test('an empty Vite app builds with it; nothing in the bundle is for a server or a phone', async () => {
  await run('npx', ['vite', 'build'], { cwd: app })
  const assets = join(app, 'dist/assets')
  const bundle = (await Promise.all((await readdir(assets)).map((name) => readFile(join(assets, name), 'utf8')))).join()
  expect(bundle.length).toBeGreaterThan(100_000)
  expect(FOREIGN.filter((name) => bundle.includes(name))).toEqual([])
  expect((await readdir(join(app, 'node_modules'))).filter((name) => FOREIGN.includes(name))).toEqual([])
})

test('the lines of the README sync mainnet genesis and read an account', async ({ page, peer, states, atEnd }) => {
  const { address } = await peer([await states.genesis('mainnet')])
  const site = await serveDirectory(join(app, 'dist'))
  atEnd(() => site.close())
  await expectExample(page, `${site.url}?peer=${encodeURIComponent(address)}`)
})

test('so they do with the worker that needs no bundler', async ({ page, peer, states, atEnd }) => {
  await run('npx', ['vite', 'build', 'plain'], { cwd: app })
  const { address } = await peer([await states.genesis('mainnet')])
  const site = await serveDirectory(join(app, 'plain/dist'))
  atEnd(() => site.close())
  await expectExample(page, `${site.url}?peer=${encodeURIComponent(address)}`)
})

test('its types check in a strict application', async () => {
  await run(join(REPOSITORY, 'node_modules/.bin/tsc'), ['-p', '.'], { cwd: app }).catch(({ stdout }) => {
    throw new Error(stdout)
  })
})

for (const entry of ['rootlight', 'rootlight/worker', 'rootlight/server']) {
  test(`importing ${entry} in Node changes nothing and keeps nothing alive`, async () => {
    const script = `
      const names = () => [...Object.getOwnPropertyNames(globalThis), ...Object.getOwnPropertyNames(Promise)].join()
      const before = names()
      const exports = await import('${entry}')
      console.log(JSON.stringify({ isSame: names() === before, exports: Object.keys(exports).length }))`
    const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '--eval', script], { cwd: app })
    const { isSame, exports } = JSON.parse(stdout)
    expect({ isSame, stderr }).toEqual({ isSame: true, stderr: '' })
    expect(exports > 0).toBe(entry !== 'rootlight/worker')
  })
}

/**
 * Returns the first example of the README, word for word, with the peer from the page's address in place of the
 * example's peer.
 */
async function exampleOfReadme(): Promise<string> {
  const readme = await readFile(join(REPOSITORY, 'README.md'), 'utf8')
  const example = /```ts\n(.*?)```/s.exec(readme)?.[1]
  if (example === undefined) throw new Error('the README has no example')
  const peers = /peers: \['.*?'\]/
  if (!peers.test(example)) throw new Error('the example of the README names no peer')
  return example.replace(peers, "peers: [new URLSearchParams(location.search).get('peer') ?? '']")
}

/** Expects the example to print the balance with its root on the console. */
async function expectExample(page: Page, url: string): Promise<void> {
  // Playwright's own listener shows a bigint as `undefined`.
  await page.addInitScript(() => {
    window.said = []
    console.log = (...parts) => window.said.push(parts.join(' '))
    addEventListener('unhandledrejection', ({ reason }) => window.said.push(String(reason)))
  })
  await page.goto(url)
  const [account] = (await genesisOf('mainnet')).accounts
  await expect
    .poll(() => page.evaluate(() => window.said.at(-1)))
    .toBe(`${account!.balance} verified against ${MAINNET_ROOT}`)
}

async function writeFiles(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(app, name)), { recursive: true })
    await writeFile(join(app, name), text)
  }
}
