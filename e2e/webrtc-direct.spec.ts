/** A server that a tab dials over WebRTC-direct: no relay, no certificate of a domain. Takes the native module in Node. */
import { loadWebRtcDirect } from '../src/network/webrtc-direct.ts'
import { startServer } from '../src/server/index.ts'
import { expect } from './fixtures.ts'
import { MAINNET_ROOT } from './states.ts'
import { selectedPairs, test } from './webrtc.ts'

const unavailable = await loadWebRtcDirect().then(
  () => null,
  (error: Error) => `${error.message}: ${error.cause}`,
)

for (const engine of ['worker', 'window'] as const) {
  test(`engine in the ${engine}: a tab syncs from a server over WebRTC`, async ({ openTab, states, atEnd }) => {
    test.skip(unavailable !== null, unavailable ?? '')
    const source = await states.genesis('mainnet')
    const listen = ['/ip4/0.0.0.0/udp/0/webrtc-direct']
    const server = await startServer({ sources: [{ root: source.root, source }], listen })
    atEnd(() => server.close())
    const address = server.multiaddrs.find((text) => !text.startsWith('/ip4/127.'))!

    const page = await openTab(engine)
    await page.evaluate((address) => window.e2e.open([address]), address)
    const summary = await page.evaluate((root) => window.e2e.sync(root), MAINNET_ROOT)
    expect(summary).toMatchObject({ phase: 'complete', fraction: 1, nodes: 12_356, accounts: 8893 })
    const [peer] = await page.evaluate(() => window.e2e.peers())
    expect(peer).toMatchObject({ id: server.peerId, transport: 'webrtc', address, roots: [MAINNET_ROOT] })
    expect((await selectedPairs(page))[0]).toMatchObject({ local: 'host', protocol: 'udp' })
    expect(server.stats().bytesSent).toBe(peer!.wireBytes)
  })
}
