/** The page of the transports benchmark: the public API with the engine in a worker. The page syncs, and may serve. */
import { createLightClient, type LightClient, type SyncProgress } from '../../../src/index.ts'
import { checkState, type WholeState } from '../check-state.ts'
import { watchMainThread } from '../main-thread.ts'
import type { MainThreadReport } from '../page-contract.ts'
import type { PeerPage, PeerSync, PeerTask } from '../peer-contract.ts'

/** Far more than the line can carry: the budget must not limit the figures. */
const UPLOAD_BYTES_PER_SECOND = 1e9

class Peer implements PeerPage {
  #task!: PeerTask
  #client!: LightClient
  #last!: SyncProgress
  #stopWatching = () => {}
  #report!: Promise<MainThreadReport>

  async open(task: PeerTask): Promise<void> {
    this.#task = task
    const { address, relays } = task
    const serve = { webrtc: { relays }, serve: { uploadBytesPerSecond: UPLOAD_BYTES_PER_SECOND } }
    this.#client = await createLightClient({
      database: 'bench',
      chainId: 0,
      peers: [address],
      ...(relays.length > 0 ? serve : {}),
      worker: () => new Worker(new URL('../../../src/worker/port/worker.ts', import.meta.url), { type: 'module' }),
    })
  }

  async sync(): Promise<PeerSync> {
    const { value, report } = await watchMainThread(() => this.#sync())
    const others = this.#client.peers().filter(({ address }) => address !== this.#task.address)
    if (others.some(({ wireBytes }) => wireBytes > 0)) throw new Error('another peer was asked, too')
    return { ...value, mainThread: report }
  }

  async #sync(): Promise<{ readonly ms: number; readonly connectMs: number }> {
    const start = performance.now()
    let connectMs: number | null = null
    this.#client.addEventListener('peers', ({ detail }) => {
      if (detail.some(({ state }) => state === 'connected' || state === 'busy')) connectMs ??= performance.now() - start
    })
    this.#last = await this.#client.sync({ root: this.#task.root }).done
    const ms = performance.now() - start
    if (connectMs === null) throw new Error('a sync without a peer')
    return { ms, connectMs }
  }

  check(expected: WholeState): Promise<void> {
    return checkState(this.#client, this.#last, expected)
  }

  async address(): Promise<string> {
    for (;;) {
      const [address] = this.#client.addresses()
      if (address !== undefined) return address
      await new Promise((resolve) => this.#client.addEventListener('addresses', resolve, { once: true }))
    }
  }

  watch(): void {
    const stopped = new Promise<void>((resolve) => {
      this.#stopWatching = resolve
    })
    this.#report = watchMainThread(() => stopped).then(({ report }) => report)
  }

  watched(): Promise<MainThreadReport> {
    this.#stopWatching()
    return this.#report
  }
}

globalThis.peer = new Peer()
