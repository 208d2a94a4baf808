/** The examples as a reader would run them: copied elsewhere, with the packed package, built, and opened. */
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { ADDRESSES, CHAIN_ID, WALLET_GENESIS } from '../demo/contracts/wallet-genesis.ts'
import { expect, test } from './fixtures.ts'
import { serveDirectory } from './site.ts'
import { rootOf } from './states.ts'

const REPOSITORY = fileURLToPath(new URL('..', import.meta.url))
const EXAMPLES = fileURLToPath(new URL('../demo/examples', import.meta.url))
const run = promisify(execFile)
let folder: string
let tarball: string

test.describe.configure({ mode: 'serial', timeout: 240_000 })

test.beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rootlight-examples-'))
  // Packs the output of `npm run build`.
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: REPOSITORY })
  tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz'))!
  await cp(EXAMPLES, folder, { recursive: true })
  await writeFile(join(folder, 'genesis.json'), JSON.stringify(WALLET_GENESIS))
})

test.afterAll(() => rm(folder, { recursive: true, force: true }))

for (const name of ['plain', 'viem', 'ethers'] as const) {
  test(`${name}: the balance shows, and what it was verified against`, async ({ page, peer, states, atEnd }) => {
    const directory = join(folder, name)
    await prepare(name, directory)
    const site = await serveDirectory(name === 'plain' ? directory : join(directory, 'dist'))
    atEnd(() => site.close())
    const source = await states.file(join(folder, 'genesis.json'))
    const { address: multiaddr } = await peer([source])
    const settings = new URLSearchParams({
      ...{ peer: multiaddr, root: rootOf(source), chain: `${CHAIN_ID}` },
      ...{ address: ADDRESSES.alice, token: ADDRESSES.token },
    })
    const complaints: string[] = []
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(`${site.url}?${settings}`)
    if (name === 'plain') {
      await expect(page.locator('#balance')).toHaveText('10000000000000000000')
      await expect(page.locator('#root')).toHaveText(rootOf(source))
    } else {
      await expect(page.locator('#balance')).toHaveText(name === 'viem' ? '10' : '10.0')
      await expect(page.locator('#tokens')).toHaveText('1234.56789 OIL')
      await expect(page.locator('#sync')).toHaveText('complete, 100 %')
    }
    expect(complaints).toEqual([])
  })
}

async function prepare(name: string, directory: string): Promise<void> {
  const options = { cwd: directory }
  if (name === 'plain') {
    await run('tar', ['xzf', join(folder, tarball), '-C', folder], options)
    await cp(join(folder, 'package/dist'), join(directory, 'rootlight'), { recursive: true })
    return
  }
  // The package itself is not published.
  const file = join(directory, 'package.json')
  const manifest = JSON.parse(await readFile(file, 'utf8'))
  manifest.dependencies.rootlight = `file:../${tarball}`
  await writeFile(file, JSON.stringify(manifest))
  await run('npm', ['install', '--include=dev', '--prefer-offline', '--no-audit', '--no-fund'], options)
  await run('npx', ['vite', 'build'], options)
}
