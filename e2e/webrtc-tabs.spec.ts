/** Tabs that serve tabs: each in a browser context of its own, connected over WebRTC, with a relay for the signalling. */
import { startRelay } from '../src/server/index.ts'
import { expect, test } from './fixtures.ts'
import { genesisOf } from './genesis.ts'
import { MAINNET_ROOT } from './states.ts'
import { openServing, openTab, selectedPairs } from './webrtc.ts'

test.describe.configure({ timeout: 120_000 })

for (const engine of ['worker', 'window'] as const) {
  test(`engine in the ${engine}: a tab syncs from another tab, directly, when no server has the state any more`, async ({
    browser,
    site,
    peer,
    states,
    atEnd,
  }) => {
    const relay = await startRelay()
    atEnd(() => relay.close())
    const server = await peer([await states.genesis('mainnet')])
    const { accounts } = await genesisOf('mainnet')

    const a = await openTab(browser, site, engine)
    const address = await openServing(a, relay.multiaddrs[0]!, [server.address])
    await a.evaluate((root) => window.e2e.sync(root), MAINNET_ROOT)
    await server.stop()

    const b = await openTab(browser, site, engine)
    await b.evaluate((address) => window.e2e.open([address]), address)
    const summary = await b.evaluate((root) => window.e2e.sync(root), MAINNET_ROOT)
    expect(summary).toMatchObject({ phase: 'complete', fraction: 1, nodes: 12_356, accounts: 8893 })
    const answers = await b.evaluate(
      (addresses) => window.e2e.readAccounts(addresses),
      accounts.map(({ address }) => address),
    )
    const values = accounts.map(({ address: _, ...value }) => value)
    expect(JSON.parse(answers)).toEqual(values.map((value) => ({ root: MAINNET_ROOT, value })))

    const [peerOfB] = await b.evaluate(() => window.e2e.peers())
    expect(peerOfB).toMatchObject({ transport: 'webrtc', address, roots: [MAINNET_ROOT] })
    expect(peerOfB!.wireBytes).toBeGreaterThan(1_000_000)
    const [pair] = await selectedPairs(b)
    expect(pair).toMatchObject({ local: 'host', protocol: 'udp' })
    expect(['host', 'prflx']).toContain(pair!.remote)
    expect(pair!.bytes).toBeGreaterThan(peerOfB!.wireBytes)
  })
}
