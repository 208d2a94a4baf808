/** A tab dials a server over WebRTC-direct: no relay, no certificate of a domain. Needs the native module in Node. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { loadWebRtcDirect } from '../src/network/libp2p/webrtc-direct.ts'
import { startServer } from '../src/server/index.ts'
import { expect } from './fixtures.ts'
import { buildPackagePage, serveDirectory } from './site.ts'
import { MAINNET_ROOT, type States } from './states.ts'
import { selectedPairs, test } from './webrtc.ts'

const unavailable = await loadWebRtcDirect().then(
  () => null,
  (error: Error) => `${error.message}: ${error.cause}`,
)

/** Syncs `page` from a server over WebRTC alone, and checks the path of the bytes. */
async function expectSync(page: Page, states: States, atEnd: (stop: () => Promise<void>) => void): Promise<void> {
  const source = await states.genesis('mainnet')
  const listen = ['/ip4/0.0.0.0/udp/0/webrtc-direct']
  const server = await startServer({ sources: [{ root: source.root, source }], listen })
  atEnd(() => server.close())
  const address = server.multiaddrs.find((text) => !text.startsWith('/ip4/127.'))!
  await page.evaluate((address) => window.e2e.open([address]), address)
  const summary = await page.evaluate((root) => window.e2e.sync(root), MAINNET_ROOT)
  expect(summary).toMatchObject({ phase: 'complete', fraction: 1, nodes: 12_356, accounts: 8893 })
  const [peer] = await page.evaluate(() => window.e2e.peers())
  expect(peer).toMatchObject({ id: server.peerId, transport: 'webrtc', address, roots: [MAINNET_ROOT] })
  expect((await selectedPairs(page))[0]).toMatchObject({ local: 'host', protocol: 'udp' })
  // A late answer, requested twice, may still be on its way.
  expect(peer!.wireBytes).toBeGreaterThan(1_000_000)
  expect(server.stats().bytesSent).toBeGreaterThanOrEqual(peer!.wireBytes)
}

for (const engine of ['worker', 'window'] as const) {
  test(`engine in the ${engine}: a tab syncs from a server over WebRTC`, async ({ openTab, states, atEnd }) => {
    test.skip(unavailable !== null, unavailable ?? '')
    await expectSync(await openTab(engine), states, atEnd)
  })
}

test('so it does with the library as it is built for the package', async ({ openTab, states, atEnd }) => {
  test.skip(unavailable !== null, unavailable ?? '')
  const directory = await mkdtemp(join(tmpdir(), 'rootlight-built-'))
  atEnd(() => rm(directory, { recursive: true, force: true }))
  await buildPackagePage(directory)
  const site = await serveDirectory(directory)
  atEnd(() => site.close())
  const page = await openTab('window')
  await page.goto(`${site.url}?engine=window`)
  await page.waitForFunction(() => window.e2e !== undefined)
  await expectSync(page, states, atEnd)
})
