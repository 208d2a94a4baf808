/**
 * A slow line to the peer, so that a person can watch the sync of a small state. A TCP relay on this machine paces the
 * peer's answers, without reading the bytes. Node only.
 */
import { type AddressInfo, connect, createServer } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'

/** Steps in each second: enough to look steady, few enough for timers. */
const STEPS_PER_SECOND = 20

/** A relay listening on 127.0.0.1. */
export interface Relay {
  readonly port: number
  close(): void
}

/** Starts a relay to `port` on 127.0.0.1. The relay limits the answers of each connection to `bytesPerSecond`. */
export async function startThrottledRelay(port: number, bytesPerSecond: number): Promise<Relay> {
  const server = createServer((page) => {
    const peer = connect(port, '127.0.0.1')
    const quit = () => {
      page.destroy()
      peer.destroy()
    }
    pipeline(page, peer).catch(quit)
    pipeline(peer, (answers) => pace(answers, bytesPerSecond), page).catch(quit)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return { port: (server.address() as AddressInfo).port, close: () => server.close() }
}

async function* pace(source: AsyncIterable<Buffer>, bytesPerSecond: number): AsyncGenerator<Buffer> {
  const step = Math.max(1, Math.floor(bytesPerSecond / STEPS_PER_SECOND))
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; at += step) {
      const part = chunk.subarray(at, at + step)
      yield part
      await delay((part.length / bytesPerSecond) * 1000)
    }
  }
}
