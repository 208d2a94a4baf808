/** The genesis states of real chains, synced into a tab and read back item by item, then once more without any peer. */
import type { Page } from '@playwright/test'
import { expect, test } from './fixtures.ts'
import { type ExpectedAccount, type ExpectedContract, genesisOf } from './genesis.ts'
import { startDoorbell } from './peers.ts'
import { MAINNET_ROOT, rootOf } from './states.ts'

const ABSENT = '0x000000000000000000000000000000000000dead'

for (const engine of ['worker', 'window'] as const) {
  test.describe(`engine in the ${engine}`, () => {
    test('mainnet: every account is as in the genesis file, also offline after a reload', async ({
      openPage,
      peer,
      states,
      atEnd,
    }) => {
      const { accounts } = await genesisOf('mainnet')
      expect(accounts.length).toBe(8893)
      const { address, stop } = await peer([await states.genesis('mainnet')])
      const page = await openPage(engine)
      await page.evaluate((address) => window.e2e.open([address]), address)
      const summary = await page.evaluate((root) => window.e2e.sync(root), MAINNET_ROOT)
      expect(summary).toMatchObject({ phase: 'complete', fraction: 1, nodes: 12_356, accounts: 8893, codes: 0 })
      await expectAccounts(page, MAINNET_ROOT, accounts)

      await stop()
      const doorbell = await startDoorbell(address)
      atEnd(() => doorbell.stop())
      const requests = await reopen(page, address)
      await expectAccounts(page, MAINNET_ROOT, accounts)
      expect(requests).toEqual([])
      expect(doorbell.knocks()).toBe(0)
    })

    test('Hoodi, then Holesky: every account, code and slot, from a server of many roots', async ({
      openPage,
      peer,
      states,
      atEnd,
    }) => {
      const sources = await Promise.all((['mainnet', 'holesky', 'hoodi'] as const).map((name) => states.genesis(name)))
      const [, holesky, hoodi] = sources
      const { address, stop } = await peer(sources)
      const page = await openPage(engine)
      await page.evaluate((address) => window.e2e.open([address]), address)

      const first = await genesisOf('hoodi')
      expect([first.accounts.length, first.contracts.length]).toEqual([335, 5])
      await page.evaluate((root) => window.e2e.sync(root), rootOf(hoodi!))
      await expectAccounts(page, rootOf(hoodi!), first.accounts)
      await expectContracts(page, first.contracts)

      const second = await genesisOf('holesky')
      expect([second.accounts.length, second.contracts.length]).toEqual([317, 1])
      await page.evaluate((root) => window.e2e.sync(root), rootOf(holesky!))
      await expectAccounts(page, rootOf(holesky!), second.accounts)
      await expectContracts(page, second.contracts)

      await stop()
      const doorbell = await startDoorbell(address)
      atEnd(() => doorbell.stop())
      const requests = await reopen(page, address)
      await expectAccounts(page, rootOf(holesky!), second.accounts)
      await expectContracts(page, second.contracts)
      expect(requests).toEqual([])
      expect(doorbell.knocks()).toBe(0)
    })
  })
}

/** Reloads the page and opens the client again. Returns the page's network requests from then on. */
async function reopen(page: Page, address: string): Promise<readonly string[]> {
  await page.reload()
  await page.evaluate((address) => window.e2e.open([address]), address)
  const requests: string[] = []
  page.on('request', (request) => requests.push(request.url()))
  page.on('websocket', (socket) => requests.push(socket.url()))
  return requests
}

/** Reads all of `expected`, and an absent account. */
async function expectAccounts(page: Page, root: string, expected: readonly ExpectedAccount[]): Promise<void> {
  const addresses = [...expected.map(({ address }) => address), ABSENT]
  const answers = await page.evaluate((addresses) => window.e2e.readAccounts(addresses), addresses)
  const values = expected.map(({ address: _, ...value }) => value)
  expect(JSON.parse(answers)).toEqual([...values, null].map((value) => ({ root, value })))
}

/** Reads the code and all slots of `expected`, and an absent slot. */
async function expectContracts(page: Page, expected: readonly ExpectedContract[]): Promise<void> {
  for (const { address, code, slots } of expected) {
    const read = await page.evaluate(
      async ({ address, slots }) => {
        const { client } = window.e2e
        const values = await Promise.all(slots.map((slot) => client.getStorageAt(address, slot)))
        return { code: (await client.getCode(address)).value, values: values.map(({ value }) => value) }
      },
      { address, slots: [...slots.map(([slot]) => slot), '0xdead'] },
    )
    expect(read).toEqual({ code, values: [...slots.map(([, value]) => value), `0x${'0'.repeat(64)}`] })
  }
}
