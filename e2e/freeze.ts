/**
 * Freezes the thread of an engine, for as long as a test wants: the thread waits for the answer to a synchronous
 * request. The page's life cycle does not help: DevTools freeze a page, and its worker runs on.
 */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from '@playwright/test'

/** Resolves when the engine's thread stands still, with a function to release the thread. */
export async function freeze(page: Page): Promise<() => Promise<void>> {
  let answer = (_: ServerResponse) => {}
  const asked = new Promise<ServerResponse>((resolve) => {
    answer = resolve
  })
  const server = createServer((_, response) => answer(response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const worker = page.workers()[0]
  const thawed = worker === undefined ? page.evaluate(waitForAnswer, url) : worker.evaluate(waitForAnswer, url)
  thawed.catch(() => {}) // a page that ends frozen
  const response = await asked
  return async () => {
    response.writeHead(200, { 'access-control-allow-origin': '*' }).end()
    await thawed
    server.close()
    server.closeAllConnections()
  }
}

/** Runs in the page or its worker. */
function waitForAnswer(url: string): void {
  const request = new XMLHttpRequest()
  request.open('GET', url, false)
  request.send()
}
